import { join } from 'node:path';
import type { CorpusCard } from './answer/abstention.js';
import { engineLog, type Step, threadsOf } from './chat-engines.js';
import type { Config } from './config.js';
import type { Embedder } from './engine/engine.js';
import { createLlamaEmbedder } from './engine/host.js';
import { listCorpora } from './ingest/list-corpora.js';
import { keepFresh } from './keep-fresh.js';
import { chosenModels } from './models/chosen-models.js';
import { type ReadyModel, requireModel } from './models/verify.js';
import { createOwned } from './owned.js';
import { createSearch, type SearchNeeds } from './retrieval/create-search.js';
import type { Search } from './retrieval/search.js';
import { TOKENS_VERSION } from './retrieval/tokens.js';
import { openOriginals, type Originals } from './store/originals.js';
import type { Principal } from './store/passage.js';
import { openPassageStore, type PassageStore } from './store/passages.js';
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
  embedder: Embedder;
  passages: PassageStore;
  records: Records;
  originals: Originals;
};

/**
 * Opens index and records and starts the embedding process. It gets half the threads: beside a busy
 * chat model the barriers of two threads on two cores burned 4.5 times the CPU time of one thread
 * for the same 10,000 tokens. Errors: those of `requireModel` and of the stores.
 */
export async function openKnowledge(
  config: Config,
  step: Step & { embedding?: ReadyModel; records?: Records } = {},
): Promise<Knowledge> {
  const { entry, path, sha256 } =
    step.embedding ??
    (await requireModel(namedModels(config).embedding, {
      modelsDir: modelsDir(config),
      signal: step.signal,
    }));
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

/** A new corpus can be searched so long after its first version at the latest. */
const CORPORA_KEPT_MS = 5_000;

/**
 * Search over every corpus that has a folder or an index, and the cards of those. A folder that cannot
 * be read later on leaves them as they were: the next index run says what is wrong with it. Errors:
 * those of `listCorpora`.
 */
export async function openSearch(
  config: Config,
  { embedder, passages }: Pick<Knowledge, 'embedder' | 'passages'>,
): Promise<{ search: Search; corpora: () => Promise<readonly CorpusCard[]> }> {
  const corpora = await keepFresh(() => corpusCards(config, passages), {
    forMs: CORPORA_KEPT_MS,
    clock: () => performance.now(),
  });
  const search = searchIn(embedder, async () =>
    (await corpora()).map(({ name }) => passages.reader(name)),
  );
  return { search, corpora };
}

async function corpusCards(config: Config, passages: PassageStore): Promise<CorpusCard[]> {
  const cards = (await listCorpora(config.corpora)).map(({ name, title, contact }) => ({
    name,
    title,
    contact: contact.ja + contact.en === '' ? null : contact,
  }));
  const indexed = (await passages.corpora()).filter(
    (name) => !cards.some((card) => card.name === name),
  );
  return [
    ...cards,
    ...indexed.map((name) => ({ name, title: { ja: name, en: name }, contact: null })),
  ];
}

/** A search in what these readers see. */
export function searchIn(embedder: Knowledge['embedder'], readers: SearchNeeds['corpora']): Search {
  return createSearch({
    corpora: readers,
    embedQuery: (texts, options) => embedder.embed(texts, 'query', options),
    clock: () => performance.now(),
  });
}
