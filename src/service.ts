import {
  erasedOf,
  loadAdapters,
  type RegisteredAdapter,
  shippedVersions,
  wantedVersions,
} from './adapters/registry.js';
import {
  keepRoster,
  mainVersions,
  type Roster,
  type ServedVersions,
  undrawn,
} from './adapters/roster.js';
import type { Answerer } from './answer/answerer.js';
import { assembleAnswerer, type Keeping, KEEPING_NOTHING, keepingIn } from './assemble-answerer.js';
import { adapterRegistry, openChatEngine, type Step } from './chat-engines.js';
import { openPolicy } from './chat-policy.js';
import type { Config } from './config.js';
import { type Affinities, createAffinities } from './decision/affinity.js';
import type { Policy } from './decision/policy.js';
import { absentEngine } from './engine/absent.js';
import type { Embedder, Engine } from './engine/engine.js';
import { createSwitchingEngine } from './engine/switching.js';
import {
  type Knowledge,
  LOCAL_MAINTAINER,
  type Models,
  openKnowledge,
  openModels,
  recordsFile,
} from './knowledge.js';
import { createOwned } from './owned.js';
import { openRecords } from './store/records.js';

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
  /** Answers by another policy and the main adapter versions, and keeps nothing: for measuring. */
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
    const newestEvent = () => `${records.adapters.newest()} ${records.documents.newestErasure()}`;
    const seen = newestEvent();
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
    const knowledge = await openKnowledge(config, {
      ...options,
      embedding: models.embedding,
      records,
    });
    owned.add(() => knowledge[Symbol.asyncDispose]());
    const { affinities, prepare } = followAffinities(knowledge.embedder);
    await prepare(first.served);
    const roster = keepRoster({
      engine,
      first: { ...first, seen },
      newestEvent,
      isWithdrawn: ({ passport }) => erasedOf(passport, registry).length > 0,
      wanted: () => wantedVersions(registry),
      load: () => loadAdapters(registry),
      open,
      prepare,
      onNote: options.onNote ?? (() => undefined),
    });
    owned.add(() => roster[Symbol.asyncDispose]());
    const policy = await openPolicy(config, models.chat, roster, options.onNote);
    const assembled = (by: () => Policy, keeping: Keeping, from: ServedVersions) =>
      assembleAnswerer(config, knowledge, engine, {
        roster: from,
        affinities,
        policy: by,
        keeping,
        models,
      });
    return {
      models,
      knowledge,
      engine,
      roster,
      policy: policy.current,
      reloadPolicy: policy.reload,
      answerer: await assembled(policy.current, keepingIn(config, records), roster),
      answererWith: (other) => assembled(() => other, KEEPING_NOTHING, undrawn(roster)),
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
        mainVersions(served).map(({ passport }) => ({
          name: passport.name,
          examples: [...passport.affinity.ja, ...passport.affinity.en],
        })),
      );
    },
  };
}
