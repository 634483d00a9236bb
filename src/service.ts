import { randomInt, randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { loadAdapters, type RefusedAdapter, type RegisteredAdapter } from './adapters/registry.js';
import type { About, Answerer } from './answer/answerer.js';
import { createAnswerer } from './answer/create-answerer.js';
import { openDocument } from './answer/open-document.js';
import { drawLineMark } from './answer/prompt.js';
import type { Config } from './config.js';
import { createAffinities } from './decision/affinity.js';
import { defaultModelFor } from './decision/default-model.js';
import { resolveCpuQuota } from './engine/cpu-quota.js';
import type { Embedder, Engine } from './engine/engine.js';
import { createLlamaEmbedder, createLlamaEngine } from './engine/host.js';
import { absentEngine } from './engine/absent.js';
import type { Corpus } from './ingest/corpus.js';
import { listCorpora } from './ingest/list-corpora.js';
import { sentenceSpans } from './ingest/sentences.js';
import { chosenModels } from './models/chosen-models.js';
import { type ReadyModel, requireModel } from './models/verify.js';
import { createSearch } from './retrieval/create-search.js';
import { contentTokens, TOKENS_VERSION, tokens } from './retrieval/tokens.js';
import type { Principal } from './store/passage.js';
import { openPassageStore, type PassageStore } from './store/passages.js';
import { openRecords, type Records } from './store/records.js';

export const VERSION = '0.1.0';

/** Whoever uses the command line or the loopback address of this machine. */
export const LOCAL_MAINTAINER: Principal = Object.freeze({
  id: 'local',
  access: Object.freeze(['group:everyone']),
  readsAll: true,
});

export const modelsDir = (config: Config): string => join(config.data, 'models');
export const servedAdaptersDir = (config: Config): string => join(config.data, 'adapters');

type Step = { signal?: AbortSignal | undefined; onNote?: ((note: string) => void) | undefined };

export type Models = { chat: ReadyModel; embedding: ReadyModel };

/** The verified model files of the configuration. Errors: those of `requireModel`. */
export async function openModels(config: Config, { signal }: Step = {}): Promise<Models> {
  const entries = chosenModels({
    chat: config.chat_model,
    embedding: config.embedding_model,
    chatLicence: config.chat_model_licence,
  });
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
};

/**
 * Opens index and records and starts the embedding process. It gets half the threads: beside a busy
 * chat model the barriers of two threads on two cores burned 4.5 times the CPU time of one thread
 * for the same 10,000 tokens. Errors: those of `openModels` and of the stores.
 */
export async function openKnowledge(
  config: Config,
  step: Step & { models?: Models } = {},
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
    const records = openRecords(join(config.data, 'records.db'));
    owned.add(() => records.close());
    const { dimensions } = await embedder.ready({ signal: step.signal });
    const passages = openPassageStore({
      dir: join(config.data, 'index'),
      embeddingModel: { name: entry.name, sha256 },
      dimensions,
      tokensVersion: TOKENS_VERSION,
      ...(step.onNote ? { onNote: step.onNote } : {}),
    });
    owned.add(() => passages[Symbol.asyncDispose]());
    return { models, embedder, passages, records, [Symbol.asyncDispose]: () => owned.close() };
  } catch (error) {
    await owned.close();
    throw error;
  }
}

export type Service = AsyncDisposable & {
  models: Models;
  knowledge: Knowledge;
  engine: Engine;
  adapters: readonly RegisteredAdapter[];
  refusedAdapters: readonly RefusedAdapter[];
  answerer: Answerer;
};

export type ServiceOptions = Step & {
  /** Start the chat model. Defaults to true. */
  withEngine?: boolean;
};

/**
 * Everything that answers, without HTTP. The chat model loads beside the embedding model and may
 * still be loading afterwards.
 */
export async function openService(config: Config, options: ServiceOptions = {}): Promise<Service> {
  const models = await openModels(config, options);
  const { served, refused } = await loadAdapters({
    adaptersDir: config.adapters,
    servedDir: servedAdaptersDir(config),
    base: models.chat,
  });
  for (const { name, error } of refused) options.onNote?.(`${error.message} (${name})`);
  const owned = createOwned();
  try {
    const engine =
      options.withEngine === false
        ? absentEngine()
        : startEngine(config, models.chat, served, options);
    owned.add(() => engine.close());
    const knowledge = await openKnowledge(config, { ...options, models });
    owned.add(() => knowledge[Symbol.asyncDispose]());
    const answerer = await assemble(config, knowledge, engine, served);
    return {
      models,
      knowledge,
      engine,
      adapters: served,
      refusedAdapters: refused,
      answerer,
      [Symbol.asyncDispose]: () => owned.close(),
    };
  } catch (error) {
    await owned.close();
    throw error;
  }
}

function startEngine(
  config: Config,
  chat: ReadyModel,
  adapters: readonly RegisteredAdapter[],
  step: Step,
): Engine {
  return createLlamaEngine({
    modelPath: chat.path,
    modelSha256: chat.sha256,
    adapters: adapters.map(({ passport, path }) => ({
      name: passport.name,
      path,
      sha256: passport.adapter.sha256,
    })),
    contextTokens: Math.min(config.context_tokens, chat.contextTokens ?? config.context_tokens),
    sequences: config.sequences,
    threads: threadsOf(config),
    gpu: config.gpu === 'auto',
    queueLimit: config.queue_limit,
    log: engineLog(step),
  });
}

async function assemble(
  config: Config,
  { embedder, passages, records, models }: Knowledge,
  engine: Engine,
  adapters: readonly RegisteredAdapter[],
): Promise<Answerer> {
  const corpora = await listCorpora(config.corpora);
  const known = async () => [
    ...new Set([...corpora.map(({ name }) => name), ...(await passages.corpora())]),
  ];
  const names = await known();
  const affinities = await createAffinities(
    (texts) => embedder.embed(texts, 'query'),
    adapters.map(({ passport }) => ({
      name: passport.name,
      examples: [...passport.affinity.ja, ...passport.affinity.en],
    })),
  );
  return createAnswerer({
    search: createSearch({
      corpora: () => names.map((name) => passages.reader(name)),
      embedQuery: (texts, options) => embedder.embed(texts, 'query', options),
      clock: () => performance.now(),
    }),
    engine,
    corpora: () => names,
    corpusCards: () =>
      names.map((name) => {
        const corpus = corpora.find((one) => one.name === name);
        const hasContact = corpus !== undefined && corpus.contact.ja + corpus.contact.en !== '';
        return {
          name,
          title: corpus?.title ?? { ja: name, en: name },
          contact: hasContact ? corpus.contact : null,
        };
      }),
    adapters: () =>
      adapters.map(({ passport }) => ({
        name: passport.name,
        needsPassages: passport.needsPassages,
        ref: { name: passport.name, version: passport.version, sha256: passport.adapter.sha256 },
        access: passport.access,
      })),
    affinities,
    decisionModel: defaultModelFor(models.chat.entry.name),
    text: { sentences: sentenceSpans, tokens, contentTokens },
    linePrefix: drawLineMark((below) => randomInt(below)),
    settings: {
      passages: config.passages,
      risk: config.risk,
      contextTokens: config.context_tokens,
    },
    conversations: records.conversations,
    record: ({ response, principal, question }) =>
      records.decisions.put(response, {
        principal,
        question: config.record_text ? question : null,
      }),
    document: (request, principal) =>
      openDocument(
        {
          stored: (corpus, id, revision) => records.documents.get(corpus, id, revision),
          passages: async (corpus, id, reader) => {
            await using snapshot = await passages.reader(corpus).snapshot();
            return await snapshot.passagesOf(id, { readableBy: reader });
          },
        },
        request,
        principal,
      ),
    feedback: async (request) => records.feedback.put(request),
    about: () => describe(passages, corpora, names, models, adapters, engine),
    newId: randomUUID,
    clock: () => performance.now(),
  });
}

async function describe(
  passages: PassageStore,
  corpora: readonly Corpus[],
  names: readonly string[],
  models: Models,
  adapters: readonly RegisteredAdapter[],
  engine: Engine,
): Promise<About> {
  const info = engine.state() === 'ready' ? await engine.ready() : null;
  return {
    version: VERSION,
    model: { name: models.chat.entry.name, sha256: models.chat.sha256 },
    gpu: info !== null && info.gpu !== false,
    corpora: await Promise.all(
      names.map(async (name) => ({
        name,
        title: corpora.find((corpus) => corpus.name === name)?.title ?? { ja: name, en: name },
        version: (await passages.reader(name).published())?.version ?? null,
      })),
    ),
    adapters: adapters.map(({ passport }) => ({
      name: passport.name,
      version: passport.version,
      description: passport.description,
    })),
  };
}

function threadsOf(config: Config): number {
  return config.threads || resolveCpuQuota({ cores: availableParallelism() });
}

function engineLog(step: Step) {
  return (level: 'info' | 'warn' | 'error', message: string) => {
    if (level === 'error') step.onNote?.(message);
  };
}

/** Closes what was opened, last first, each once, and also when one of them fails to close. */
function createOwned(): { add(close: () => unknown): void; close(): Promise<void> } {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => closers.push(close),
    async close() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0)
        throw new AggregateError(failures, 'Not everything could be closed.');
    },
  };
}
