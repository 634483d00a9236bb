import { join } from 'node:path';
import { createFakeEmbedder } from '../../dist/engine/fake.js';
import { loadCorpus } from '../../dist/ingest/corpus.js';
import { runIndex } from '../../dist/ingest/index-run.js';
import { createSearch } from '../../dist/retrieval/create-search.js';
import { TOKENS_VERSION, tokens } from '../../dist/retrieval/tokens.js';
import { openPassageStore } from '../../dist/store/passages.js';
import { openRecords } from '../../dist/store/records.js';

/** @typedef {import('../../dist/ingest/index-port.js').IndexWriter} IndexWriter */
/** @typedef {import('../../dist/ingest/index-run.js').IndexRunOptions['embedder']} RunEmbedder */

export const CORPUS = 'generated';
/** An employee: rights are looked at in every search. */
const EMPLOYEE = { id: 'bench', access: ['group:everyone'], readsAll: false };
export const READER = { readableBy: EMPLOYEE };

/**
 * Index and records of one data folder with the embedder that needs no model. Close it at the end.
 * @param {string} data
 * @param {{dimensions?: number, now?: () => Date, vectorIndexFromRows?: number, onNote?: (note: string) => void}} [given]
 */
export function openIndex(data, { dimensions = 384, ...given } = {}) {
  const embedder = createFakeEmbedder(dimensions);
  const records = openRecords(join(data, 'records.db'));
  const store = openPassageStore({
    dir: join(data, 'index'),
    embeddingModel: { name: 'fake', sha256: '0'.repeat(64) },
    dimensions,
    tokensVersion: TOKENS_VERSION,
    // Half of the default: who comes after a kill waits for it. A machine that stalls for two seconds
    // would lose a shorter one in the middle of a run.
    leaseMs: 5_000,
    ...given,
  });
  const search = createSearch({
    corpora: () => [store.reader(CORPUS)],
    embedQuery: (texts, options) => embedder.embed(texts, 'query', options),
    clock: () => performance.now(),
  });
  return {
    store,
    records,
    embedder,
    /**
     * @param {string} query
     * @param {number} [limit]
     */
    search: (query, limit = 10) =>
      search({ query, corpora: null, language: null, principal: EMPLOYEE, limit }),
    /**
     * One run over the corpus folder; `wrap` puts something around its writer.
     * @param {string} folder
     * @param {{wrap?: (writer: IndexWriter) => IndexWriter, embedder?: RunEmbedder, onProgress?: () => void}} [options]
     */
    async run(folder, { wrap = (writer) => writer, ...options } = {}) {
      const writer = await store.writer(CORPUS);
      try {
        return await runIndex({
          corpus: await loadCorpus(folder, { name: CORPUS }),
          writer: wrap(writer),
          texts: records.documents,
          files: records.files,
          embedder,
          tokenise: tokens,
          ...options,
        });
      } finally {
        await writer.release();
      }
    },
    async close() {
      await store[Symbol.asyncDispose]();
      records.close();
      await embedder.close();
    },
  };
}
