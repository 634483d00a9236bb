import { describe, expect, it } from 'vitest';
import { documentsOf, traceDocuments, withOrigin } from '../../../src/adapters/data/lineage.js';
import type { AdapterData } from '../../../src/adapters/data/read-data.js';
import { rightsOf } from '../../../src/adapters/passport.js';

const leave = { corpus: 'handbook', id: 'leave.md' };
const pay = { corpus: 'handbook', id: 'pay.md' };
const passage = { title: 't', section: '', updated: null, text: 'x' };
const pair = { id: 'p', lang: 'en' as const, group: 'g', question: '?', answer: '!' };
const data: AdapterData = {
  pairs: [
    { ...pair, documents: [pay], passages: [{ ...passage, document: leave }, passage] },
    { ...pair, documents: [pay] },
  ],
  sources: [],
  plain: [],
  held: { ja: [], en: [] },
  files: [],
};

describe('lineage', () => {
  it('names each document of the data once', () => {
    expect(documentsOf(data)).toEqual([leave, pay]);
  });

  it('keeps revision and rights as they stand', () => {
    const found = traceDocuments(data, (_, id) => ({ revision: `r-${id}`, access: ['group:hr'] }));
    expect(found[0]).toEqual({ ...leave, revision: 'r-leave.md', access: ['group:hr'] });
  });

  it('refuses data of a document that the index does not hold', () => {
    const find = (_: string, id: string) =>
      id === 'pay.md' ? null : { revision: 'r', access: [] };
    expect(() => traceDocuments(data, find)).toThrow(/"pay.md" of corpus "handbook"/u);
  });

  it('gives an adapter to those alone who may read all of its documents', () => {
    const document = { ...leave, revision: 'r' };
    const rights = rightsOf({
      access: ['group:everyone'],
      lineage: [
        { ...document, access: ['group:hr', 'group:board'] },
        { ...document, id: 'other', access: ['group:board', 'group:hr'] },
        { ...document, id: 'secret', access: [] },
      ],
    });
    expect(rights).toEqual([['group:everyone'], ['group:board', 'group:hr'], []]);
  });

  it('keeps the documents and rights of the file that a training began with', () => {
    const of = (id: string, revision: string) => ({
      ...leave,
      id,
      revision,
      access: [`group:${id}`],
    });
    const own = { access: ['group:everyone'], lineage: [of('a', '2')] };
    const origin = { access: ['group:staff'], lineage: [of('a', '1'), of('a', '2'), of('b', '1')] };
    const both = withOrigin(own, origin);
    expect(both.lineage).toEqual([of('a', '2'), of('a', '1'), of('b', '1')]);
    expect(rightsOf(both)).toEqual([['group:everyone'], ['group:staff'], ['group:a'], ['group:b']]);
    expect(withOrigin(own, null)).toEqual(own);
    const opened = { ...own, lineage: [{ ...of('a', '2'), access: ['group:hr'] }] };
    expect(rightsOf(withOrigin(own, opened))).toEqual([
      ['group:everyone'],
      ['group:a'],
      ['group:hr'],
    ]);
  });
});
