import { describe, expect, it } from 'vitest';
import { openRevision } from '../../src/answer/open-revision.js';
import type { StoredDocument } from '../../src/store/passage.js';
import { hit } from './fixtures.js';

const OLD = '0000000000000001';
const NEW = '0000000000000002';
const everyone = { id: 'p', access: ['group:everyone'], readsAll: false };

const document: Omit<StoredDocument, 'corpus' | 'id' | 'revision' | 'access'> = {
  title: 'Pay',
  language: 'en',
  updated: null,
  supersededBy: null,
  url: null,
  source: 'pay.md',
  text: 'Paid on the 25th.',
};

type Rights = Record<string, string[]>;

/** Opens a document of which these revisions are stored, and one of them or none is published. */
async function open(
  stored: Rights,
  published: string | null,
  { revision = null, principal = everyone }: { revision?: string | null; principal?: object } = {},
) {
  const opened = await openRevision(
    {
      stored: (corpus, id, named) => {
        const access = stored[named];
        return access === undefined ? null : { ...document, corpus, id, revision: named, access };
      },
      published: async () =>
        published === null ? [] : [hit({ revision: published, access: stored[published] ?? [] })],
    },
    { corpus: 'handbook', id: 'pay', revision },
    { ...everyone, ...principal },
  );
  return opened?.document.revision ?? null;
}

describe('openRevision', () => {
  const openToAll = { [OLD]: ['group:everyone'], [NEW]: ['group:everyone'] };

  it('opens the published revision when none is named, whatever was saved since', async () => {
    expect(await open(openToAll, OLD)).toBe(OLD);
    expect(await open(openToAll, NEW)).toBe(NEW);
  });

  it('opens nothing of a document that is not published, unless a revision is named', async () => {
    expect(await open(openToAll, null)).toBeNull();
    expect(await open(openToAll, null, { revision: OLD })).toBe(OLD);
  });

  it('opens a named revision to those whom its own rights name', async () => {
    const widened = { [OLD]: ['group:hr'], [NEW]: ['group:everyone'] };
    expect(await open(widened, NEW, { revision: OLD })).toBeNull();
    const hr = { access: ['group:everyone', 'group:hr'] };
    expect(await open(widened, NEW, { revision: OLD, principal: hr })).toBe(OLD);
    expect(await open(widened, NEW, { revision: OLD, principal: { readsAll: true } })).toBe(OLD);
  });

  it('opens an older revision to nobody who may not read what is published now', async () => {
    const narrowed = { [OLD]: ['group:everyone'], [NEW]: ['group:hr'] };
    expect(await open(narrowed, NEW, { revision: OLD })).toBeNull();
    const hr = { access: ['group:everyone', 'group:hr'] };
    expect(await open(narrowed, NEW, { revision: OLD, principal: hr })).toBe(OLD);
    expect(await open(narrowed, NEW, { revision: OLD, principal: { readsAll: true } })).toBe(OLD);
    expect(await open(narrowed, null, { revision: OLD })).toBe(OLD);
  });
});
