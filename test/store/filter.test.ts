import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { both, filterToSql, isIn } from '../../src/store/filter.js';
import { EVERYONE, indexed, MAINTAINER, openTestStore } from './fixtures.js';

describe('filterToSql', () => {
  it('lets the maintainer read everything and a reader without tags nothing', () => {
    expect(filterToSql({ readableBy: MAINTAINER })).toBeNull();
    expect(filterToSql({ readableBy: { access: [], readsAll: false } })).toBe('(false)');
  });

  it('joins all parts with AND, each in brackets', () => {
    const sql = filterToSql({ readableBy: EVERYONE, language: 'ja', documents: ["o'neill.md"] });
    expect(sql).toBe(
      "(array_has_any(access, ['group:everyone'])) AND (language = 'ja') AND (document_id IN ('o''neill.md'))",
    );
    expect(both(null, sql)).toBe(sql);
    expect(both('a OR b', 'c')).toBe('(a OR b) AND (c)');
    expect(isIn('id', [])).toBe('false');
  });

  it('keeps every value inside its quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (values) => {
        const sql = filterToSql({ readableBy: { access: [], readsAll: true }, documents: values });
        // Once doubled quotes are taken out, quotes only open and close the values.
        const outside = sql?.replaceAll("''", '').replaceAll(/'[^']*'/gu, '?') ?? '';
        expect(outside).toMatch(/^\(document_id IN \((?:\?|, )*\)\)$/u);
      }),
    );
  });
});

const NASTY = [
  "o'neill",
  "''",
  "' OR '1'='1",
  "x') OR (true",
  '\\',
  "\\' OR true --",
  '"quoted"',
  '`id`',
  '; DROP TABLE passages',
  '%_',
  '休暇規程（改）.md',
  'a\nb',
  '\t',
  '𠮷野家',
  '../../etc/passwd',
];

describe('filters in the table', () => {
  it('match exactly the named documents, whatever they are called', async () => {
    const store = await openTestStore();
    await using writer = await store.writer('hr');
    const upsert = NASTY.map((documentId, i) => indexed({ documentId, text: `text ${i}` }));
    await writer.apply({ upsert, deleteDocuments: [] });
    await writer.publish();
    const reader = store.reader('hr');
    for (const name of NASTY) {
      const passages = await reader.passagesOf(name, { readableBy: MAINTAINER });
      expect(passages.map(({ documentId }) => documentId)).toEqual([name]);
      const counted = { readableBy: MAINTAINER, documents: [name, `${name}?`] };
      expect(await reader.count(counted)).toBe(1);
      expect(await reader.count({ readableBy: { access: [name], readsAll: false } })).toBe(0);
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (documentId) => {
        fc.pre(!NASTY.includes(documentId));
        expect(await reader.count({ readableBy: MAINTAINER, documents: [documentId] })).toBe(0);
        expect(await reader.count({ readableBy: { access: [documentId], readsAll: false } })).toBe(
          0,
        );
      }),
      { numRuns: 60 },
    );
    await writer.apply({ upsert: [], deleteDocuments: ["' OR '1'='1"] });
    expect((await writer.publish()).rows).toBe(NASTY.length - 1);
  });
});
