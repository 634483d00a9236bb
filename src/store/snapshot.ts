import {
  BooleanQuery,
  type FullTextQuery,
  MatchQuery,
  Occur,
  type Query,
  type Table,
  type VectorQuery,
} from '@lancedb/lancedb';
import type { Table as ArrowTable } from 'apache-arrow';
import { throwIfAborted } from '../errors.js';
import { both, filterToSql, isIn, type PassageFilter } from './filter.js';
import { storing } from './lance-errors.js';
import { numberOf, PASSAGE_COLUMN, toPassage } from './passage-rows.js';
import type { Passage } from './passage.js';
import type { Publication } from './publications.js';
import type { Slots } from './slots.js';

export type LegQuery = {
  filter: PassageFilter;
  /** 1..200. */
  limit: number;
  signal?: AbortSignal | undefined;
};

/** Weight: factor on what the token gives to the score, above 0; a bare token has 1. */
export type WeightedToken = { token: string; weight: number };

/** Similarity: cosine, -1..1. */
export type DenseHit = { passage: Passage; similarity: number };
/** Score: BM25, above 0, comparable within one query only. */
export type KeywordHit = { passage: Passage; score: number };

/**
 * One published version of a corpus; every query of one search runs on the same. Dispose it when
 * done, so that the version can be closed once a newer one is published.
 *
 * Errors of all queries: `deadline.exceeded` (also the store's own time limit), `cancelled`,
 * `engine.busy`, `store.version_missing`, `store.invalid_row`.
 */
export type PassageSnapshot = AsyncDisposable & {
  publication: Publication;
  /** False when the version was made with another embedding model: only words can be searched. */
  denseUsable: boolean;
  /** Best first. `vector` has as many dimensions as the published model. */
  dense(vector: Float32Array, query: LegQuery): Promise<DenseHit[]>;
  /** Best first; passages with any of the tokens. The first 96 different tokens count. */
  keyword(tokens: readonly (string | WeightedToken)[], query: LegQuery): Promise<KeywordHit[]>;
  /** In order of the document. */
  passagesOf(documentId: string, filter: PassageFilter): Promise<Passage[]>;
  /** Those of `ids` that exist and `filter` lets pass, in order of `ids`. */
  get(ids: readonly string[], filter: PassageFilter): Promise<Passage[]>;
  count(filter: PassageFilter): Promise<number>;
};

export type SnapshotLimits = { timeoutMs: number; slots: Slots };

/** Top ten of a short full-text list may differ from those of a long one (lance#4957). */
export const LEAST_CANDIDATES = 30;
const MOST_CANDIDATES = 200;
const MOST_QUERY_TOKENS = 96;
/** With IVF_RQ 1 bit: recall@10 .998 at 100k rows, .963 to .998 at 500k, measured. */
const REFINE_FACTOR = 5;
const PROBES = 30;
const SCORE_DIGITS = 5;

export type PassageQueries = Omit<
  PassageSnapshot,
  'publication' | 'denseUsable' | keyof AsyncDisposable
>;

/** The rows nearest to a vector, as every search asks for them. */
export function nearestTo(table: Table, vector: Float32Array): VectorQuery {
  // Named on every query: without it the metric is the index's, and l2 once that is gone.
  return table
    .query()
    .nearestTo(vector)
    .distanceType('cosine')
    .refineFactor(REFINE_FACTOR)
    .nprobes(PROBES);
}

/** The queries on one pinned table handle. */
export function createQueries(table: Table, limits: SnapshotLimits): PassageQueries {
  const rowsOf = (query: Query | VectorQuery, signal?: AbortSignal) =>
    limits.slots(
      () =>
        storing(async () => {
          return rowsOfTable(await query.toArrow({ timeoutMs: limits.timeoutMs }));
        }),
      { signal },
    );

  return {
    async dense(vector, { filter, limit, signal }) {
      throwIfAborted(signal);
      const near = nearestTo(table, vector);
      const readable = filterToSql(filter);
      // 0: into all other parts of the index too, while the filter leaves too few.
      const query = (readable === null ? near : near.maximumNprobes(0))
        .select([PASSAGE_COLUMN, '_distance'])
        .limit(candidates(limit));
      const rows = await rowsOf(where(query, readable), signal);
      return rows.slice(0, limit).map((row) => ({
        passage: toPassage(row),
        similarity: 1 - numberOf(row, '_distance'),
      }));
    },
    async keyword(tokens, { filter, limit, signal }) {
      throwIfAborted(signal);
      const asked = anyOf(tokens);
      if (asked === null) return [];
      const query = table
        .query()
        .fullTextSearch(asked, { columns: ['tokens'] })
        .select([PASSAGE_COLUMN, '_score'])
        .limit(candidates(limit));
      const rows = await rowsOf(where(query, filterToSql(filter)), signal);
      return rows
        .map((row) => ({ passage: toPassage(row), score: withoutNoise(numberOf(row, '_score')) }))
        .toSorted((a, b) => b.score - a.score || (a.passage.id < b.passage.id ? -1 : 1))
        .slice(0, limit);
    },
    async passagesOf(documentId, filter) {
      const query = table.query().select([PASSAGE_COLUMN]);
      const rows = await rowsOf(
        allOf(where(query, both(filterToSql(filter), isIn('document_id', [documentId])))),
      );
      return rows.map(toPassage).sort((a, b) => a.position - b.position);
    },
    async get(ids, filter) {
      if (ids.length === 0) return [];
      const query = table.query().select([PASSAGE_COLUMN]);
      const rows = await rowsOf(allOf(where(query, both(filterToSql(filter), isIn('id', ids)))));
      const found = new Map(rows.map(toPassage).map((passage) => [passage.id, passage]));
      return ids.flatMap((id) => found.get(id) ?? []);
    },
    count: (filter) =>
      limits.slots(() => storing(() => table.countRows(filterToSql(filter) ?? undefined))),
  };
}

/** Read by column: the row objects of Arrow look each field up again, at three times the price. */
function rowsOfTable(table: ArrowTable): Record<string, unknown>[] {
  const rows = Array.from({ length: table.numRows }, (): Record<string, unknown> => ({}));
  for (const { name } of table.schema.fields) {
    const column = table.getChild(name);
    for (const [i, row] of rows.entries()) row[name] = column?.get(i);
  }
  return rows;
}

/**
 * The sum over the tokens is taken in any order, so that the last of its seven digits changes from one
 * search to the next on the same version.
 */
function withoutNoise(score: number): number {
  return Number(score.toPrecision(SCORE_DIGITS));
}

/** Null for no tokens. Tokens of one weight are one query; plain text is an OR of its words. */
function anyOf(tokens: readonly (string | WeightedToken)[]): FullTextQuery | null {
  const weights = new Map<string, number>();
  for (const given of tokens) {
    const { token, weight } = typeof given === 'string' ? { token: given, weight: 1 } : given;
    if (weights.size < MOST_QUERY_TOKENS && !weights.has(token)) weights.set(token, weight);
  }
  const queries = [...new Set(weights.values())].map((boost) => {
    const same = [...weights].filter(([, weight]) => weight === boost).map(([token]) => token);
    return new MatchQuery(same.join(' '), 'tokens', { boost });
  });
  const [only] = queries;
  if (only === undefined) return null;
  if (queries.length === 1) return only;
  return new BooleanQuery(queries.map((query) => [Occur.Should, query]));
}

function where<Q extends Query | VectorQuery>(query: Q, sql: string | null): Q {
  if (sql !== null) query.where(sql); // adds to the query itself
  return query;
}

/** A query without a limit stops at ten; -1 is none. */
function allOf(query: Query): Query {
  return query.limit(-1);
}

function candidates(limit: number): number {
  const whole = Math.trunc(limit);
  return Math.min(MOST_CANDIDATES, Math.max(LEAST_CANDIDATES, whole));
}
