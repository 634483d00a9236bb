import { randomInt, randomUUID } from 'node:crypto';
import { rightsOf } from './adapters/passport.js';
import type { RegisteredAdapter } from './adapters/registry.js';
import type { ServedVersions } from './adapters/roster.js';
import type { CorpusCard } from './answer/abstention.js';
import type { About, Answerer } from './answer/answerer.js';
import { mayUse } from './answer/choose.js';
import { type AnswererNeeds, createAnswerer } from './answer/create-answerer.js';
import { openAdapter } from './answer/open-adapter.js';
import { openDocument } from './answer/open-document.js';
import { openOriginal, type OriginalNeeds } from './answer/open-original.js';
import { drawLineMark } from './answer/prompt.js';
import type { Config } from './config.js';
import type { Affinities } from './decision/affinity.js';
import type { Policy } from './decision/policy.js';
import type { Engine } from './engine/engine.js';
import { sentenceSpans } from './ingest/sentences.js';
import { type Knowledge, type Models, openSearch } from './knowledge.js';
import { contentTokens, tokens } from './retrieval/tokens.js';
import { UNRESTRICTED } from './store/filter.js';
import type { PassageStore } from './store/passages.js';
import type { Records } from './store/records.js';
import { VERSION } from './version.js';

/** Where answers are kept. */
export type Keeping = Pick<AnswererNeeds, 'conversations' | 'record'>;

/** For answers that measure. */
export const KEEPING_NOTHING: Keeping = {
  conversations: { lastTurn: () => null, append: () => undefined },
  record: () => undefined,
};

/** Conversations and decisions; of decisions the texts only where the configuration allows. */
export function keepingIn(config: Config, records: Records): Keeping {
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
  roster: ServedVersions;
  affinities: Affinities;
  policy: () => Policy;
  keeping: Keeping;
  models: Models;
};

/** Answers of this installation, from its rooms. */
export async function assembleAnswerer(
  config: Config,
  knowledge: Knowledge,
  engine: Engine,
  { roster, affinities, policy, keeping, models }: Assembled,
): Promise<Answerer> {
  const { passages, records, originals } = knowledge;
  const opening: OriginalNeeds = {
    stored: (corpus, id, revision) => records.documents.get(corpus, id, revision),
    find: (revision) => originals.find(revision),
    published: async (corpus, id) => {
      const isPublished = (await passages.corpora()).includes(corpus);
      return isPublished ? await passages.reader(corpus).passagesOf(id, UNRESTRICTED) : [];
    },
  };
  const { search, corpora } = await openSearch(config, knowledge);
  return createAnswerer({
    search,
    engine,
    corpora,
    adapters: (conversation) =>
      roster.forConversation(conversation).map(({ passport, engineName }) => ({
        name: passport.name,
        engineName,
        instruction: passport.instruction,
        answerSchema: passport.answerSchema,
        needsPassages: passport.needsPassages,
        byName: passport.byName,
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
    document: (request, principal) => openDocument(opening, request, principal),
    original: (request, principal) => openOriginal(opening, request, principal),
    adapter: async (name, principal) =>
      openAdapter(
        roster.served().map(({ passport }) => passport),
        name,
        principal,
      ),
    feedback: async (request) => records.feedback.put(request),
    about: async (principal) => {
      const open = roster.served().filter(({ passport }) => mayUse(principal, rightsOf(passport)));
      return describe(passages, await corpora(), models, open, engine);
    },
    random: Math.random,
    newId: randomUUID,
    clock: () => performance.now(),
  });
}

async function describe(
  passages: PassageStore,
  corpora: readonly CorpusCard[],
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
      corpora.map(async ({ name, title }) => ({
        name,
        title,
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
