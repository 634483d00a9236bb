import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Roster } from '../src/adapters/roster.js';
import { assembleAnswerer, KEEPING_NOTHING } from '../src/assemble-answerer.js';
import { loadConfig } from '../src/config.js';
import { DEFAULT_RULE } from '../src/decision/default-rule.js';
import { rulePolicy } from '../src/decision/rule.js';
import { createFakeEmbedder, createFakeEngine } from '../src/engine/fake.js';
import { KakehashiError } from '../src/errors.js';
import { emlReader } from '../src/ingest/readers/eml.js';
import { markdownReader } from '../src/ingest/readers/markdown.js';
import type { Knowledge, Models } from '../src/knowledge.js';
import { SearchRequest } from '../src/schemas.js';
import { openOriginals } from '../src/store/originals.js';
import { openIndex } from './ingest/real-index.js';

const everyone = { id: 'p', access: ['group:everyone'], readsAll: false };
const NOT_FOUND = { code: 'document.not_found' };
const REFUSED = { code: 'gate.refused' };

/** The answers of an installation with real store and records; only the models are none. */
async function installation() {
  const directory = await mkdtemp(join(tmpdir(), 'kakehashi-answerer-'));
  const config = loadConfig({ directory, environment: {} });
  const docs = join(config.corpora, 'docs');
  await mkdir(config.data);
  const embedder = createFakeEmbedder(8);
  const index = openIndex(config.data);
  onTestFinished(async () => {
    await index[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  const { store: passages, records } = index;
  const originals = openOriginals(join(config.data, 'originals'), records.originals);
  // The process that reads mail apart is compiled code.
  const readers = [{ ...emlReader, isolated: false }, markdownReader];
  const options = { embedder, originals, readers };
  const models = { chat: { entry: { name: 'fake' }, sha256: '' } } as unknown as Models;
  const knowledge = { passages, records, originals, embedder } as Knowledge;
  const roster = { forConversation: () => [], served: () => [] } as unknown as Roster;
  const answerer = await assembleAnswerer(config, knowledge, createFakeEngine(), {
    roster,
    affinities: () => ({ general: 0, company: 0, adapters: {} }),
    policy: () => rulePolicy(DEFAULT_RULE),
    keeping: KEEPING_NOTHING,
    models,
  });
  return {
    config,
    store: passages,
    answerer,
    /** What one reads of `pay.eml`: the text and the file itself, or the code of the refusal. */
    read: async (revision: string | null = null) => {
      const address = { corpus: 'docs', id: 'pay.eml', revision };
      const [text, file] = await Promise.all([
        answerer.document(address, everyone).then((document) => document.text, codeOf),
        answerer
          .original(address, everyone)
          .then((original) => readFile(original.file, 'utf8'), codeOf),
      ]);
      return { text, file };
    },
    /** Indexes `pay.eml` with this text, or without it; a refused run publishes nothing. */
    index: async (text: string | null, { access = 'group:everyone', refused = false } = {}) => {
      const file = join(docs, 'pay.eml');
      await mkdir(docs, { recursive: true });
      await writeFile(join(docs, 'other.md'), 'Another document.');
      if (text === null) await rm(file);
      else await writeFile(file, email(text));
      await writeFile(`${file}.meta.yaml`, `access: ${access}\n`);
      const check = () => Promise.reject(new KakehashiError('gate.refused', 'Refused.'));
      await index.run(docs, { ...options, ...(refused ? { check } : {}) });
    },
  };
}

const email = (text: string) => `From: hr@example.org\nSubject: Pay\n\n${text}\n`;
const codeOf = (error: KakehashiError) => error.code;
const NOTHING = { text: 'document.not_found', file: 'document.not_found' };
const shown = (text: string) => ({ text: expect.stringContaining(text), file: email(text) });

describe('a document opened without a revision', { timeout: 60_000 }, () => {
  it('is the published one after a refused run and after a rollback', async () => {
    const { index, read, store } = await installation();
    const refused = { refused: true };
    await expect(index('Paid on the 25th.', refused)).rejects.toMatchObject(REFUSED);
    expect(await read()).toEqual(NOTHING);
    await index('Paid on the 25th.');
    await expect(index('Paid on the 20th.', refused)).rejects.toMatchObject(REFUSED);
    expect(await read()).toEqual(shown('Paid on the 25th.'));
    await index('Paid on the 15th.');
    expect(await read()).toEqual(shown('Paid on the 15th.'));
    await store.rollback('docs', 1);
    expect(await read()).toEqual(shown('Paid on the 25th.'));
  });

  it('is not there once it is removed, though a revision that is named still opens', async () => {
    const { index, read, answerer } = await installation();
    await index('Paid on the 25th.');
    const address = { corpus: 'docs', id: 'pay.eml', revision: null };
    const { revision } = await answerer.document(address, everyone);
    await index(null);
    expect(await read()).toEqual(NOTHING);
    expect(await read(revision)).toEqual(shown('Paid on the 25th.'));
  });

  it('is not there in a corpus that is not', async () => {
    const { answerer } = await installation();
    const address = { corpus: 'nowhere', id: 'pay.eml', revision: null };
    await expect(answerer.document(address, everyone)).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('an older revision of a document', { timeout: 60_000 }, () => {
  it('is not there for those who may no longer read what is published', async () => {
    const { index, read, answerer } = await installation();
    await index('Paid on the 25th.');
    const address = { corpus: 'docs', id: 'pay.eml', revision: null };
    const { revision } = await answerer.document(address, everyone);
    await index('Paid on the 25th.', { access: 'group:hr' });
    expect(await read(revision)).toEqual(NOTHING);
    await index('Paid on the 25th, all of it.');
    expect(await read(revision)).toEqual(shown('Paid on the 25th.'));
  });
});

describe('a corpus made while the service runs', { timeout: 60_000 }, () => {
  it('is known and searched within seconds, and a broken one leaves the others', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { answerer, config, index } = await installation();
    const names = async () => (await answerer.about(everyone)).corpora.map(({ name }) => name);
    const search = (corpus: string) =>
      answerer.search(SearchRequest.parse({ query: 'paid', corpora: [corpus] }), everyone);
    await expect(search('docs')).rejects.toMatchObject({ code: 'corpus.not_found' });
    await index('Paid on the 25th.');
    vi.advanceTimersByTime(5_000);
    expect(await names()).toEqual(['docs']);
    expect((await search('docs')).results).toMatchObject([{ document_id: 'pay.eml' }]);

    await mkdir(join(config.corpora, 'new'));
    await writeFile(join(config.corpora, 'new', 'corpus.yaml'), 'acces: [');
    vi.advanceTimersByTime(5_000);
    expect(await names()).toEqual(['docs']);
  });
});
