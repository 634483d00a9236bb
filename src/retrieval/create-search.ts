import { KakehashiError, throwIfAborted } from '../errors.js';
import type { PassageReader } from '../store/reader.js';
import { fuseLegs } from './fuse-legs.js';
import { createQueryVectors, type EmbedQuery } from './query-vectors.js';
import type { Search } from './search.js';
import { type LegOptions, type PinnedCorpus, searchDense, searchKeyword } from './search-legs.js';
import { contentTokens } from './tokens.js';

export type SearchNeeds = {
  /** Readers of all corpora, published or not. */
  corpora: () => readonly PassageReader[] | Promise<readonly PassageReader[]>;
  embedQuery: EmbedQuery;
  /** Milliseconds, monotonic. */
  clock: () => number;
};

/** Candidates of each leg; a passage that one leg ranks low may be lifted by the other. */
const LEG_DEPTH = 50;

/**
 * Hybrid search: vectors and words in parallel on one pinned version of each corpus, the access
 * filter inside both, then fused here. Lists of a leg are merged across corpora by score first, as
 * all corpora share one model and one tokeniser; then legs and queries are fused.
 */
export function createSearch(needs: SearchNeeds): Search {
  const vectorsOf = createQueryVectors(needs.embedQuery);

  return async (request, { signal } = {}) => {
    throwIfAborted(signal);
    const startedAt = needs.clock();
    await using pinned = await pinCorpora(await needs.corpora(), request.corpora);
    const queries = [request.query];
    if (request.joinedQuery != null) queries.push(request.joinedQuery);
    const options: LegOptions = {
      filter: { readableBy: request.principal },
      language: request.language,
      limit: Math.max(LEG_DEPTH, request.limit),
      signal,
    };
    const [keywordLegs, dense] = await Promise.all([
      searchKeyword(pinned.corpora, queries, options),
      vectorsOf(queries, { signal }).then(async (vectors) => {
        const embeddedAt = needs.clock();
        const legs = vectors === null ? [] : await searchDense(pinned.corpora, vectors, options);
        return { vectors, embeddedAt, legs };
      }),
    ]);
    const hits = fuseLegs([...dense.legs, ...keywordLegs], queries);
    const complete =
      dense.vectors !== null && pinned.corpora.every(({ snapshot }) => snapshot.denseUsable);
    return {
      hits: hits.slice(0, request.limit),
      index: pinned.corpora.map(({ corpus, snapshot }) => ({
        corpus,
        version: snapshot.publication.version,
      })),
      questionEmbedding: dense.vectors?.at(-1) ?? new Float32Array(0),
      questionTokens: contentTokens(queries.at(-1) ?? request.query),
      degraded: complete ? null : 'keyword_only',
      timingsMs: {
        embed: dense.embeddedAt - startedAt,
        search: needs.clock() - dense.embeddedAt,
      },
    };
  };
}

async function pinCorpora(readers: readonly PassageReader[], names: readonly string[] | null) {
  const unknown = names?.find((name) => !readers.some(({ corpus }) => corpus === name));
  if (unknown !== undefined) {
    throw new KakehashiError('corpus.not_found', `There is no corpus named "${unknown}".`);
  }
  const wanted = readers.filter(({ corpus }) => names?.includes(corpus) ?? true);
  const opened = await Promise.allSettled(
    wanted.map(async (reader) => ({ corpus: reader.corpus, snapshot: await reader.snapshot() })),
  );
  const corpora: PinnedCorpus[] = [];
  const failures: unknown[] = [];
  for (const result of opened) {
    if (result.status === 'fulfilled') corpora.push(result.value);
    // One corpus that waits for its first index does not keep the others from answering.
    else if (!isNotPublished(result.reason)) failures.push(result.reason);
  }
  const release = async () => {
    for (const { snapshot } of corpora) await snapshot[Symbol.asyncDispose]();
  };
  const failure = failures[0] ?? (corpora.length === 0 ? nothingIndexed() : null);
  if (failure !== null) {
    await release();
    throw failure instanceof Error ? failure : new Error('a corpus could not be opened');
  }
  return { corpora, [Symbol.asyncDispose]: release };
}

function isNotPublished(error: unknown): boolean {
  return error instanceof KakehashiError && error.code === 'store.not_published';
}

function nothingIndexed(): KakehashiError {
  return new KakehashiError('store.not_published', 'Nothing is indexed yet.', {
    remedy: 'Run `kakehashi index`.',
  });
}
