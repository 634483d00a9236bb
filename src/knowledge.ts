import { join } from 'node:path';
import { engineLog, type Step, threadsOf } from './chat-engines.js';
import type { Config } from './config.js';
import type { Embedder } from './engine/engine.js';
import { createLlamaEmbedder } from './engine/host.js';
import type { Corpus } from './ingest/corpus.js';
import { listCorpora } from './ingest/list-corpora.js';
import { chosenModels } from './models/chosen-models.js';
import { type ReadyModel, requireModel } from './models/verify.js';
import { createOwned } from './owned.js';
import { createSearch } from './retrieval/create-search.js';
import type { Search } from './retrieval/search.js';
import { TOKENS_VERSION } from './retrieval/tokens.js';
import { openOriginals, type Originals } from './store/originals.js';
import type { Principal } from './store/passage.js';
import { openPassageStore, type PassageStore } from './store/passages.js';
import type { PassageReader } from './store/reader.js';
import { openRecords, type Records } from './store/records.js';

/** Whoever uses the command line or the loopback address of this machine. */
export const LOCAL_MAINTAINER: Principal = Object.freeze({
  id: 'local',
  access: Object.freeze(['group:everyone']),
  readsAll: true,
});

export const modelsDir = (config: Config): string => join(config.data, 'models');
export const recordsFile = (config: Config): string => join(config.data, 'records.db');

/** The models of the configuration; `chat` names another chat model in its place. Errors: those of `chosenModels`. */
export function namedModels(config: Config, { chat = config.chat_model }: { chat?: string } = {}) {
  return chosenModels({
    chat,
    embedding: config.embedding_model,
    chatLicence: config.chat_model_licence,
  });
}

export type Models = { chat: ReadyModel; embedding: ReadyModel };

/** The verified model files of the configuration. Errors: those of `requireModel`. */
export async function openModels(config: Config, { signal }: Step = {}): Promise<Models> {
  const entries = namedModels(config);
  const options = { modelsDir: modelsDir(config), signal };
  return {
    chat: await requireModel(entries.chat, options),
    embedding: await requireModel(entries.embedding, options),
  };
}

/** What is known: the corpora, their index and the process that embeds. */
export type Knowledge = AsyncDisposable & {
  models: Models;
  embedder: Embedder;
  passages: PassageStore;
  records: Records;
  originals: Originals;
};

/**
 * Opens index and records and starts the embedding process. It gets half the threads: beside a busy
 * chat model the barriers of two threads on two cores burned 4.5 times the CPU time of one thread
 * for the same 10,000 tokens. Errors: those of `openModels` and of the stores.
 */
export async function openKnowledge(
  config: Config,
  step: Step & { models?: Models; records?: Records } = {},
): Promise<Knowledge> {
  const models = step.models ?? (await openModels(config, step));
  const { entry, path, sha256 } = models.embedding;
  const owned = createOwned();
  try {
    const embedder = createLlamaEmbedder({
      modelPath: path,
      modelSha256: sha256,
      prefixes: entry.prefixes ?? { query: '', passage: '' },
      threads: Math.max(1, Math.floor(threadsOf(config) / 2)),
      gpu: config.gpu === 'auto',
      queueLimit: 1024,
      log: engineLog(step),
    });
    owned.add(() => embedder.close());
    const records = step.records ?? openRecords(recordsFile(config));
    if (step.records === undefined) owned.add(() => records.close());
    const { dimensions } = await embedder.ready({ signal: step.signal });
    const passages = openPassageStore({
      dir: join(config.data, 'index'),
      embeddingModel: { name: entry.name, sha256 },
      dimensions,
      tokensVersion: TOKENS_VERSION,
      ...(step.onNote ? { onNote: step.onNote } : {}),
    });
    owned.add(() => passages[Symbol.asyncDispose]());
    const originals = openOriginals(join(config.data, 'originals'), records.originals);
    return {
      models,
      embedder,
      passages,
      records,
      originals,
      [Symbol.asyncDispose]: () => owned.close(),
    };
  } catch (error) {
    await owned.close();
    throw error;
  }
}

/** Search over every corpus that has a folder or an index, and the names of those. */
export async function openSearch(
  config: Config,
  { embedder, passages }: Pick<Knowledge, 'embedder' | 'passages'>,
): Promise<{ search: Search; corpora: Corpus[]; names: string[] }> {
  const corpora = await listCorpora(config.corpora);
  const names = [...new Set([...corpora.map(({ name }) => name), ...(await passages.corpora())])];
  const search = searchIn(embedder, () => names.map((name) => passages.reader(name)));
  return { search, corpora, names };
}

/** A search in what these readers see. */
export function searchIn(
  embedder: Knowledge['embedder'],
  readers: () => readonly PassageReader[],
): Search {
  return createSearch({
    corpora: readers,
    embedQuery: (texts, options) => embedder.embed(texts, 'query', options),
    clock: () => performance.now(),
  });
}
