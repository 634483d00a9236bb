import fc from 'fast-check';
import { expect, it } from 'vitest';
import { indexed, openTestStore, vectorFor } from './fixtures.js';

const seen = (hits: { passage: { documentId: string } }[]) =>
  hits.map(({ passage }) => passage.documentId).sort();

const TAGS = ['group:everyone', 'group:hr', 'group:legal', "group:o'neill"];

it('shows a reader in no leg and in no look-up what they may not read', async () => {
  const store = await openTestStore();
  await using writer = await store.writer('hr');
  // Every combination of tags, also none; all share a word and lie close to each other.
  const combinations = Array.from({ length: 2 ** 3 }, (_, bits) =>
    TAGS.slice(0, 3).filter((_tag, i) => (bits & (1 << i)) !== 0),
  );
  await writer.apply({
    upsert: combinations.map((access, i) =>
      indexed({ documentId: `d${i}.md`, text: `salary ${access.join(' ')} ${i}`, access }),
    ),
    deleteDocuments: [],
  });
  await writer.publish();
  await using snapshot = await store.reader('hr').snapshot();

  await fc.assert(
    fc.asyncProperty(fc.subarray(TAGS), async (access) => {
      const filter = { readableBy: { access, readsAll: false } };
      const allowed = combinations.flatMap((tags, i) =>
        tags.some((tag) => access.includes(tag)) ? [`d${i}.md`] : [],
      );
      const query = { filter, limit: 30 };
      expect(seen(await snapshot.dense(vectorFor('salary'), query))).toEqual(allowed);
      expect(seen(await snapshot.keyword(['salary'], query))).toEqual(allowed);
      expect(await snapshot.count(filter)).toBe(allowed.length);
      for (const i of combinations.keys()) {
        const readable = allowed.includes(`d${i}.md`) ? 1 : 0;
        expect(await snapshot.passagesOf(`d${i}.md`, filter)).toHaveLength(readable);
      }
    }),
    { numRuns: 16 },
  );
  const maintainer = { readableBy: { access: [], readsAll: true } };
  expect(await snapshot.count(maintainer)).toBe(8);
  expect(await snapshot.passagesOf('d0.md', maintainer)).toHaveLength(1);
});

it('keeps to rights that changed from version to version', async () => {
  const store = await openTestStore({ vectorIndexFromRows: 1 });
  await using writer = await store.writer('hr');
  const rights = new Map<number, string[]>();
  const change = fc.record({
    document: fc.integer({ min: 0, max: 5 }),
    access: fc.option(fc.subarray(TAGS.slice(0, 3))),
  });

  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      for (const { document, access } of changes) {
        if (access === null) rights.delete(document);
        else rights.set(document, access);
      }
      const changed = new Set(changes.map(({ document }) => document));
      await writer.apply({
        upsert: [...rights].flatMap(([at, access]) =>
          changed.has(at)
            ? [
                indexed({
                  documentId: `d${at}.md`,
                  id: `d${at}.md#0`,
                  text: `salary ${at}`,
                  access,
                }),
              ]
            : [],
        ),
        deleteDocuments: [...changed].flatMap((at) => (rights.has(at) ? [] : [`d${at}.md`])),
      });
      await writer.publish();
      await using snapshot = await store.reader('hr').snapshot();
      for (const tag of TAGS) {
        const query = { filter: { readableBy: { access: [tag], readsAll: false } }, limit: 30 };
        const allowed = [...rights].flatMap(([at, own]) =>
          own.includes(tag) ? [`d${at}.md`] : [],
        );
        expect(seen(await snapshot.dense(vectorFor('salary'), query))).toEqual(allowed.sort());
        expect(seen(await snapshot.keyword(['salary'], query))).toEqual(allowed.sort());
        expect(await snapshot.count(query.filter)).toBe(allowed.length);
      }
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
}, 60_000);
