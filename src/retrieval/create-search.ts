import { KakehashiError, throwIfAborted } from '../errors.js';
import type { PassageFilter } from '../store/filter.js';
import type { Passage } from '../store/passage.js';
import type { PassageReader } from '../store/reader.js';
import type { LegQuery, PassageSnapshot } from '../store/snapshot.js';
import { demoteSuperseded } from './demote-superseded.js';
import { fuseRanks } from './fuse-ranks.js';
import { createQueryVectors, type EmbedQuery } from './query-vectors.js';
import type { Hit, Search, SearchRequest, SearchResult } from './search.js';
import { contentTokens, tokens } from './tokens.js';

export type SearchNeeds = {
  /** Readers of all corpora, published or not. */
  corpora: () => readonly PassageReader[] | Promise<readonly PassageReader[]>;
  embedQuery: EmbedQuery;
  /** Milliseconds, monotonic. */
  clock: () => number;
};

/** Candidates of each leg; a passage that one leg ranks low may be lifted by the other. */
const LEG_DEPTH = 50;

type Leg = 'dense' | 'keyword';
type Found = { corpus: string; passage: Passage; value: number };
type LegResult = { leg: Leg; query: number; found: Found[] };

/**
 * Hybrid search: vectors and words in parallel on one pinned version of each corpus, the access
 * filter inside both, then fused here. Lists of a leg are merged across corpora by score first, as
 * all corpora share one model and one tokeniser; then ranks are fused across legs and queries.
 */
export function createSearch(needs: SearchNeeds): Search {
  const vectorsOf = createQueryVectors(needs.embedQuery);

  return async (request, { signal } = {}) => {
    throwIfAborted(signal);
    const startedAt = needs.clock();
    await using pinned = await pinCorpora(await needs.corpora(), request.corpora);
    const queries = [request.query];
    if (request.joinedQuery != null) queries.push(request.joinedQuery);
    const query: LegQuery = {
      filter: { readableBy: request.principal } satisfies PassageFilter,
      limit: Math.max(LEG_DEPTH, request.limit),
      signal,
    };
    let embeddedAt = startedAt;
    const embedding = vectorsOf(queries, { signal }).then((vectors) => {
      embeddedAt = needs.clock();
      return vectors;
    });
    const dense = embedding.then((vectors) =>
      vectors === null ? null : searchDense(pinned.snapshots, vectors, query),
    );
    const [keywordLegs, vectors, denseLegs] = await Promise.all([
      searchKeyword(pinned.snapshots, queries, query),
      embedding,
      dense,
    ]);
    const hits = fuse([...(denseLegs ?? []), ...keywordLegs], request);
    return {
      hits: hits.slice(0, request.limit),
      index: pinned.snapshots.map(({ corpus, snapshot }) => ({
        corpus,
        version: snapshot.publication.version,
      })),
      questionEmbedding: vectors?.at(-1) ?? new Float32Array(0),
      questionTokens: contentTokens(queries.at(-1) ?? request.query),
      degraded:
        denseLegs === null || pinned.snapshots.some(({ snapshot }) => !snapshot.denseUsable)
          ? 'keyword_only'
          : null,
      timingsMs: { embed: embeddedAt - startedAt, search: needs.clock() - embeddedAt },
    } satisfies SearchResult;
  };
}

type PinnedCorpus = { corpus: string; snapshot: PassageSnapshot };

async function pinCorpora(readers: readonly PassageReader[], names: readonly string[] | null) {
  const unknown = names?.find((name) => !readers.some(({ corpus }) => corpus === name));
  if (unknown !== undefined) {
    throw new KakehashiError('corpus.not_found', `There is no corpus named "${unknown}".`);
  }
  const wanted = readers.filter(({ corpus }) => names?.includes(corpus) ?? true);
  const settled = await Promise.allSettled(
    wanted.map(async (reader) => ({ corpus: reader.corpus, snapshot: await reader.snapshot() })),
  );
  const snapshots: PinnedCorpus[] = [];
  let failure: unknown = null;
  for (const result of settled) {
    if (result.status === 'fulfilled') snapshots.push(result.value);
    // One corpus that waits for its first index does not keep the others from answering.
    else if (!isNotPublished(result.reason) || wanted.length === 1) failure ??= result.reason;
  }
  const release = async () => {
    for (const { snapshot } of snapshots) await snapshot[Symbol.asyncDispose]();
  };
  if (failure !== null || snapshots.length === 0) {
    await release();
    throw (
      failure ??
      new KakehashiError('store.not_published', 'Nothing is indexed yet.', {
        remedy: 'Run `kakehashi index`.',
      })
    );
  }
  return { snapshots, [Symbol.asyncDispose]: release };
}

function isNotPublished(error: unknown): boolean {
  return error instanceof KakehashiError && error.code === 'store.not_published';
}

async function searchDense(
  snapshots: readonly PinnedCorpus[],
  vectors: readonly Float32Array[],
  query: LegQuery,
): Promise<LegResult[]> {
  const usable = snapshots.filter(({ snapshot }) => snapshot.denseUsable);
  return await Promise.all(
    vectors.map(async (vector, index) => ({
      leg: 'dense' as const,
      query: index,
      found: await acrossCorpora(usable, async (snapshot) =>
        (await snapshot.dense(vector, query)).map(({ passage, similarity }) => ({
          passage,
          value: similarity,
        })),
      ),
    })),
  );
}

async function searchKeyword(
  snapshots: readonly PinnedCorpus[],
  queries: readonly string[],
  query: LegQuery,
): Promise<LegResult[]> {
  return await Promise.all(
    queries.map(async (text, index) => ({
      leg: 'keyword' as const,
      query: index,
      found: await acrossCorpora(snapshots, async (snapshot) =>
        (await snapshot.keyword(tokens(text), query)).map(({ passage, score }) => ({
          passage,
          value: score,
        })),
      ),
    })),
  );
}

/** One list of all corpora, best first. */
async function acrossCorpora(
  snapshots: readonly PinnedCorpus[],
  search: (snapshot: PassageSnapshot) => Promise<{ passage: Passage; value: number }[]>,
): Promise<Found[]> {
  const lists = await Promise.all(
    snapshots.map(async ({ corpus, snapshot }) =>
      (await search(snapshot)).map((hit) => ({ corpus, ...hit })),
    ),
  );
  return lists.flat().sort((a, b) => b.value - a.value);
}

function fuse(legs: readonly LegResult[], request: SearchRequest): Hit[] {
  const hits = new Map<string, Hit>();
  for (const { leg, found } of legs) {
    for (const [index, { corpus, passage, value }] of found.entries()) {
      const key = `${corpus}/${passage.id}`;
      const hit = hits.get(key) ?? {
        ...passage,
        corpus,
        score: 0,
        legs: { dense: null, keyword: null },
      };
      hits.set(key, hit);
      const rank = index + 1;
      // Of two queries, the leg shows the better rank.
      if (rank >= (hit.legs[leg]?.rank ?? Infinity)) continue;
      if (leg === 'dense') hit.legs.dense = { rank, similarity: value };
      else hit.legs.keyword = { rank, score: value };
    }
  }
  const fused = fuseRanks(
    legs.map(({ leg, query, found }) => ({
      name: `${leg} ${query}`,
      ids: found.map(({ corpus, passage }) => `${corpus}/${passage.id}`),
    })),
  );
  const ranked = fused.flatMap(({ id, score }) => {
    const hit = hits.get(id);
    return hit ? [{ ...hit, score }] : [];
  });
  return demoteSuperseded(preferLanguage(ranked, request.language));
}

/** Among equal scores, the asker's language first. */
function preferLanguage(hits: readonly Hit[], language: 'ja' | 'en' | null): Hit[] {
  if (language === null) return [...hits];
  const rank = (hit: Hit) => (hit.language === language ? 0 : 1);
  return hits.toSorted((a, b) => b.score - a.score || rank(a) - rank(b));
}
