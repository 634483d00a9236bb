import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  loadAdapters,
  shippedVersions,
  type RegisteredAdapter,
  wantedVersions,
} from './adapters/registry.js';
import { rightsOf } from './adapters/passport.js';
import { openPolicy } from './chat-policy.js';
import { keepRoster, type Roster } from './adapters/roster.js';
import type { About, Answerer } from './answer/answerer.js';
import { mayUse } from './answer/choose.js';
import { type AnswererNeeds, createAnswerer } from './answer/create-answerer.js';
import { openAdapter } from './answer/open-adapter.js';
import { openDocument } from './answer/open-document.js';
import { drawLineMark } from './answer/prompt.js';
import {
  adapterRegistry,
  engineLog,
  openChatEngine,
  type Step,
  threadsOf,
} from './chat-engines.js';
import type { Config } from './config.js';
import { type Affinities, createAffinities } from './decision/affinity.js';
import type { Policy } from './decision/policy.js';
import type { Embedder, Engine } from './engine/engine.js';
import { createLlamaEmbedder } from './engine/host.js';
import { absentEngine } from './engine/absent.js';
import { createSwitchingEngine } from './engine/switching.js';
import type { Corpus } from './ingest/corpus.js';
import { listCorpora } from './ingest/list-corpora.js';
import { sentenceSpans } from './ingest/sentences.js';
import { chosenModels } from './models/chosen-models.js';
import { type ReadyModel, requireModel } from './models/verify.js';
import { createSearch } from './retrieval/create-search.js';
import type { Search } from './retrieval/search.js';
import { contentTokens, TOKENS_VERSION, tokens } from './retrieval/tokens.js';
import type { Principal } from './store/passage.js';
import { openPassageStore, type PassageStore } from './store/passages.js';
import type { PassageReader } from './store/reader.js';
import { openRecords, type Records } from './store/records.js';
import { VERSION } from './version.js';

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
  roster: Roster;
  /** How the next question is decided. */
  policy: () => Policy;
  /** Reads the decision file again. Errors: `config.invalid`, and the one before goes on. */
  reloadPolicy: () => Promise<void>;
  answerer: Answerer;
  /** Answers by another policy and keeps nothing of them: for measuring. */
  answererWith: (policy: Policy) => Promise<Answerer>;
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
  const owned = createOwned();
  try {
    const records = openRecords(recordsFile(config));
    owned.add(() => records.close());
    const registry = adapterRegistry(config, models.chat, records, options);
    for (const version of await shippedVersions(registry)) {
      records.adapters.add({
        ...version,
        action: 'promote',
        share: null,
        reason: 'came with the installation',
        principal: LOCAL_MAINTAINER.id,
      });
    }
    // Without a chat model nothing can be tried out, and nothing is served.
    const first =
      options.withEngine === false ? { served: [], refused: [] } : await loadAdapters(registry);
    for (const { name, error } of first.refused) options.onNote?.(`${error.message} (${name})`);
    const open = (adapters: readonly RegisteredAdapter[]) =>
      options.withEngine === false
        ? absentEngine()
        : openChatEngine(config, models.chat, adapters, options);
    const engine = createSwitchingEngine({
      engine: open(first.served),
      adapters: first.served.map(({ engineName }) => engineName),
    });
    owned.add(() => engine.close());
    const knowledge = await openKnowledge(config, { ...options, models, records });
    owned.add(() => knowledge[Symbol.asyncDispose]());
    const { affinities, prepare } = followAffinities(knowledge.embedder);
    await prepare(first.served);
    const roster = keepRoster({
      engine,
      first,
      newestEvent: () => `${records.adapters.newest()} ${records.documents.newestErasure()}`,
      wanted: () => wantedVersions(registry),
      load: () => loadAdapters(registry),
      open,
      prepare,
      onNote: options.onNote ?? (() => undefined),
    });
    owned.add(() => roster[Symbol.asyncDispose]());
    const policy = await openPolicy(config, models.chat, roster, options.onNote);
    const assembled = (by: () => Policy, keeping: Keeping) =>
      assemble(config, knowledge, engine, { roster, affinities, policy: by, keeping });
    return {
      models,
      knowledge,
      engine,
      roster,
      policy: policy.current,
      reloadPolicy: policy.reload,
      answerer: await assembled(policy.current, keepingIn(config, records)),
      answererWith: (other) => assembled(() => other, KEEPING_NOTHING),
      [Symbol.asyncDispose]: () => owned.close(),
    };
  } catch (error) {
    await owned.close();
    throw error;
  }
}

/** Nearness of questions to the example questions of the adapters in service. */
function followAffinities(embedder: Embedder) {
  let current: Affinities = () => ({ general: 0, company: 0, adapters: {} });
  return {
    affinities: ((question) => current(question)) satisfies Affinities,
    prepare: async (served: readonly RegisteredAdapter[]) => {
      current = await createAffinities(
        (texts) => embedder.embed(texts, 'query'),
        served.map(({ passport }) => ({
          name: passport.name,
          examples: [...passport.affinity.ja, ...passport.affinity.en],
        })),
      );
    },
  };
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

/** Where answers are kept. */
type Keeping = Pick<AnswererNeeds, 'conversations' | 'record'>;

const KEEPING_NOTHING: Keeping = {
  conversations: { lastTurn: () => null, append: () => undefined },
  record: () => undefined,
};

function keepingIn(config: Config, records: Records): Keeping {
  return {
    conversations: records.conversations,
    record: ({ response, principal, question }) =>
      records.decisions.put(response, {
        principal,
        question: config.record_text ? question : null,
      }),
  };
}

type Assembled = {
  roster: Roster;
  affinities: Affinities;
  policy: () => Policy;
  keeping: Keeping;
};

async function assemble(
  config: Config,
  knowledge: Knowledge,
  engine: Engine,
  { roster, affinities, policy, keeping }: Assembled,
): Promise<Answerer> {
  const { passages, records, models } = knowledge;
  const { search, corpora, names } = await openSearch(config, knowledge);
  return createAnswerer({
    search,
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
    adapters: (conversation) =>
      roster.forConversation(conversation).map(({ passport, engineName }) => ({
        name: passport.name,
        engineName,
        instruction: passport.instruction,
        answerSchema: passport.answerSchema,
        needsPassages: passport.needsPassages,
        ref: { name: passport.name, version: passport.version, sha256: passport.adapter.sha256 },
        access: rightsOf(passport),
      })),
    affinities,
    policy,
    text: { sentences: sentenceSpans, tokens, contentTokens },
    linePrefix: drawLineMark((below) => randomInt(below)),
    settings: {
      passages: config.passages,
      risk: config.risk,
      exploration: config.exploration,
      contextTokens: config.context_tokens,
    },
    ...keeping,
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
    adapter: async (name, principal) =>
      openAdapter(
        roster.served().map(({ passport }) => passport),
        name,
        principal,
      ),
    feedback: async (request) => records.feedback.put(request),
    about: (principal) => {
      const open = roster.served().filter(({ passport }) => mayUse(principal, rightsOf(passport)));
      return describe(passages, corpora, names, models, open, engine);
    },
    random: Math.random,
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
