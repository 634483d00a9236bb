import { describe, expect, it } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { createSearch, type SearchNeeds } from '../../src/retrieval/create-search.js';
import type { SearchRequest } from '../../src/retrieval/search.js';
import { tokens } from '../../src/retrieval/tokens.js';
import type { Passage, Principal } from '../../src/store/passage.js';
import type { PassageStore } from '../../src/store/passages.js';
import { EVERYONE, indexed, openTestStore, temporaryFolder, vectorFor } from '../store/fixtures.js';

async function publish(store: PassageStore, corpus: string, passages: Partial<Passage>[]) {
  await using writer = await store.writer(corpus);
  const upsert = passages.map((made) => {
    const row = indexed(made);
    return { ...row, tokens: tokens(row.passage.text) };
  });
  await writer.apply({ upsert, deleteDocuments: [] });
  await writer.publish();
}

type Embed = SearchNeeds['embedQuery'];
const embedText: Embed = (texts) => Promise.resolve(texts.map((text) => vectorFor(text)));

function searchIn(store: PassageStore, corpora: string[], embedQuery: Embed = embedText) {
  return createSearch({
    corpora: () => corpora.map((corpus) => store.reader(corpus)),
    embedQuery,
    clock: () => performance.now(),
  });
}

const ask = (query: string, overrides: Partial<SearchRequest> = {}): SearchRequest => ({
  query,
  corpora: null,
  language: null,
  principal: EVERYONE,
  limit: 10,
  ...overrides,
});

describe('a search', () => {
  it('fuses both legs over all corpora and says which versions it saw', async () => {
    const store = await openTestStore();
    const travel = 'Hotel costs are paid up to 15000 yen.';
    await publish(store, 'hr', [{ text: travel }, { documentId: 'b.md', text: 'Sick leave.' }]);
    await publish(store, 'product', [{ documentId: 'c.md', text: 'The hotel key card E-204.' }]);
    const search = searchIn(store, ['hr', 'product', 'not-indexed-yet']);
    const found = await search(ask(travel));
    expect(found.hits[0]).toMatchObject({
      text: travel,
      corpus: 'hr',
      legs: { dense: { rank: 1 }, keyword: { rank: 1 } },
    });
    expect(found.hits[0]?.legs.dense?.similarity).toBeCloseTo(1, 4);
    expect(found.index).toEqual([
      { corpus: 'hr', version: 1 },
      { corpus: 'product', version: 1 },
    ]);
    expect(found.hits.map(({ corpus }) => corpus).sort()).toEqual(['hr', 'hr', 'product']);
    expect(found.degraded).toBeNull();
    expect(found.questionEmbedding).toEqual(vectorFor(travel));
    const scores = found.hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect((await search(ask(travel, { corpora: ['product'] }))).hits).toHaveLength(1);
    expect((await search(ask(travel, { limit: 1 }))).hits).toHaveLength(1);
  });

  it('never gives what the asker may not read', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [
      { documentId: 'secret.md', text: 'salary of the board', access: ['group:board'] },
      { documentId: 'nobody.md', text: 'salary draft', access: [] },
      { documentId: 'open.md', text: 'salary of everyone' },
    ]);
    const seenBy = async (principal: Principal) => {
      const { hits } = await searchIn(store, ['hr'])(ask('salary of the board', { principal }));
      return hits.map(({ documentId }) => documentId).sort();
    };
    expect(await seenBy(EVERYONE)).toEqual(['open.md']);
    expect(await seenBy({ id: 'x', access: ['group:board'], readsAll: false })).toEqual([
      'secret.md',
    ]);
    expect(await seenBy({ id: 'x', access: [], readsAll: false })).toEqual([]);
    expect(await seenBy({ id: 'x', access: [], readsAll: true })).toHaveLength(3);
  });

  it('searches a follow-up by itself and joined to the turn before', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [
      { documentId: 'a.md', text: 'hotel osaka' },
      { documentId: 'b.md', text: 'train tokyo' },
    ]);
    const search = searchIn(store, ['hr']);
    const { hits, questionTokens } = await search(ask('tokyo', { joinedQuery: 'train tokyo' }));
    expect(hits[0]?.documentId).toBe('b.md');
    expect(hits[0]?.legs.keyword?.rank).toBe(1);
    expect(questionTokens).toEqual(['train', 'tokyo']);
  });

  it('puts the successor of a document first', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [
      { documentId: '2024.md', text: 'hotel limit 12000', supersededBy: '2026.md' },
      { documentId: '2026.md', text: 'hotel limit 15000 since april' },
    ]);
    const { hits } = await searchIn(store, ['hr'])(ask('hotel limit 12000'));
    expect(hits.map(({ documentId }) => documentId)).toEqual(['2026.md', '2024.md']);
  });

  it('prefers the language of the asker where scores are equal', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [
      { documentId: 'en.md', id: 'en', text: 'VPN', language: 'en' },
      { documentId: 'ja.md', id: 'ja', text: 'VPN', language: 'ja' },
    ]);
    for (const language of ['ja', 'en'] as const) {
      const { hits } = await searchIn(store, ['hr'])(ask('VPN', { language }));
      expect(hits.map((hit) => hit.language)[0]).toBe(language);
    }
  });

  it('goes on with words alone when the embedding model is away, and says so', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [{ text: 'hotel limit' }]);
    const away = () => Promise.reject(new KakehashiError('engine.unavailable', 'Away.'));
    const found = await searchIn(store, ['hr'], away)(ask('hotel'));
    expect(found).toMatchObject({ degraded: 'keyword_only', hits: [{ legs: { dense: null } }] });
    expect(found.questionEmbedding).toHaveLength(0);
  });

  it('goes on with words alone when the index was made with another model', async () => {
    const dir = await temporaryFolder();
    await publish(await openTestStore({ dir }), 'hr', [{ text: 'hotel limit' }]);
    const embeddingModel = { name: 'other-model', sha256: 'b'.repeat(64) };
    const store = await openTestStore({ dir, embeddingModel, dimensions: 4 });
    const shorter: Embed = (texts) => Promise.resolve(texts.map((text) => vectorFor(text, 4)));
    const found = await searchIn(store, ['hr'], shorter)(ask('hotel'));
    expect(found).toMatchObject({ degraded: 'keyword_only', hits: [{ legs: { dense: null } }] });
  });

  it('embeds a question once, and one too long for the model by its beginning', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [{ text: 'hotel limit' }]);
    const embedded: string[] = [];
    const search = searchIn(store, ['hr'], (texts) => {
      embedded.push(...texts);
      return texts.some(({ length }) => length > 1000)
        ? Promise.reject(new KakehashiError('engine.prompt_too_long', 'Too long.'))
        : embedText(texts, { signal: undefined });
    });
    await search(ask('hotel'));
    await search(ask('hotel'));
    expect(embedded).toEqual(['hotel']);
    expect((await search(ask('あ'.repeat(4000)))).degraded).toBeNull();
    expect(embedded.at(-1)).toHaveLength(400);
  });

  it('ends at once when its caller gives up', async () => {
    const store = await openTestStore();
    await publish(store, 'hr', [{ text: 'hotel limit' }]);
    const caller = new AbortController();
    const stuck: Embed = (_texts, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () =>
          reject(new KakehashiError('cancelled', 'The request was cancelled.')),
        );
      });
    const searching = searchIn(store, ['hr'], stuck)(ask('hotel'), { signal: caller.signal });
    setTimeout(() => caller.abort(), 50);
    await expect(searching).rejects.toMatchObject({ code: 'cancelled' });
    await expect(
      searchIn(store, ['hr'])(ask('hotel'), { signal: caller.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells a corpus that does not exist from one that is not indexed', async () => {
    const store = await openTestStore();
    const search = searchIn(store, ['hr']);
    await expect(search(ask('x', { corpora: ['nope'] }))).rejects.toMatchObject({
      code: 'corpus.not_found',
    });
    await expect(search(ask('x'))).rejects.toMatchObject({ code: 'store.not_published' });
    await expect(searchIn(store, [])(ask('x'))).rejects.toMatchObject({
      code: 'store.not_published',
    });
  });
});
