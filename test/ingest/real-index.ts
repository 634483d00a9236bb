import { join } from 'node:path';
import { loadCorpus } from '../../src/ingest/corpus.js';
import { type IndexRunOptions, runIndex } from '../../src/ingest/index-run.js';
import { tokens, TOKENS_VERSION } from '../../src/retrieval/tokens.js';
import { openPassageStore } from '../../src/store/passages.js';
import { openRecords } from '../../src/store/records.js';
import { createCountingEmbedder } from './memory-index.js';

type StoreOptions = Parameters<typeof openPassageStore>[0];

const DAY_MS = 86_400_000;
/** Two days on, and with a lease that ends soon: what no version needs is old enough to be removed. */
export const NIGHTS_LATER = {
  leaseMs: 2_000,
  now: () => new Date(Date.now() + 2 * DAY_MS),
} satisfies Partial<StoreOptions>;

/** The real store and the real records in `data`; only the embedder is none. Dispose of it at the end. */
export function openIndex(data: string, settings: Partial<StoreOptions> = {}) {
  const records = openRecords(join(data, 'records.db'));
  const store = openPassageStore({
    dir: join(data, 'index'),
    embeddingModel: { name: 'fake', sha256: 'f'.repeat(64) },
    dimensions: 8,
    tokensVersion: TOKENS_VERSION,
    ...settings,
  });
  return {
    store,
    records,
    /** One run over the corpus `docs` in a folder of that or another name. */
    async run(docs: string, options: Partial<IndexRunOptions> = {}) {
      await using writer = await store.writer('docs');
      return await runIndex({
        corpus: await loadCorpus(docs, { name: 'docs' }),
        writer,
        texts: records.documents,
        embedder: createCountingEmbedder(),
        tokenise: tokens,
        ...options,
      });
    },
    async [Symbol.asyncDispose]() {
      try {
        await store[Symbol.asyncDispose]();
      } finally {
        records.close();
      }
    },
  };
}
