import type { Engine } from '../engine/engine.js';
import { isKakehashiError, KakehashiError } from '../errors.js';
import type { Search, SearchResult } from '../retrieval/search.js';
import type { AnswerRequest, AnswerResponse, Decision, SearchResponse } from '../schemas.js';
import type { Principal } from '../store/passage.js';
import type { CorpusCard } from './abstention.js';
import type { AnswerOptions, Answerer } from './answerer.js';
import { abstain, type Draft, generateAnswer, type GenerateNeeds } from './generate.js';
import { type ChooseNeeds, chooseArm } from './choose.js';
import { placeOf } from './place.js';
import { detectLanguage, type Turn, understand } from './understand.js';

/** One answer as it is kept for replay and audit; texts only where the configuration allows. */
export type AnswerRecord = {
  response: AnswerResponse;
  principal: string;
  question: string;
};

export type AnswererNeeds = ChooseNeeds &
  GenerateNeeds & {
    search: Search;
    engine: Engine;
    /** Cards of all corpora, indexed or not. */
    corpora: () => Promise<readonly CorpusCard[]>;
    conversations: {
      /** The newest turn, or null in a new conversation; throws `conversation.not_found`. */
      lastTurn(id: string, principal: Principal): Turn | null;
      /** Appends a turn; creates the conversation when `id` is new. */
      append(id: string, principal: Principal, turn: Turn & { answerId: string }): void;
    };
    record: (record: AnswerRecord) => void;
    document: Answerer['document'];
    original: Answerer['original'];
    adapter: Answerer['adapter'];
    feedback: Answerer['feedback'];
    about: Answerer['about'];
    newId: () => string;
    /** Milliseconds, monotonic. */
    clock: () => number;
  };

/** Hits looked at by the decision; the prompt holds fewer. */
const PROBE_HITS = 10;
/** Share of the deadline after which a withheld draft is final: a second one takes about as long. */
const SECOND_LOOK_BEFORE = 0.45;

/**
 * One question's way: understand → probe → decide → prompt → generate → cite → guard → record.
 * The steps stand in files of their own; this one orders them and keeps the time.
 */
export function createAnswerer(needs: AnswererNeeds): Answerer {
  return {
    answer: (request, principal, options = {}) => answer(needs, request, principal, options),
    search: (request, principal, options = {}) => searchOnly(needs, request, principal, options),
    document: needs.document,
    original: needs.original,
    adapter: needs.adapter,
    feedback: needs.feedback,
    about: needs.about,
  };
}

async function answer(
  needs: AnswererNeeds,
  request: AnswerRequest,
  principal: Principal,
  options: AnswerOptions,
): Promise<AnswerResponse> {
  const startedAt = needs.clock();
  const deadline = AbortSignal.timeout(request.deadline_ms);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const emit = options.onEvent ?? (() => undefined);
  const corpora = chosenCorpora(await needs.corpora(), request.corpora);

  const conversationId = request.conversation_id ?? needs.newId();
  const understanding = understand({
    question: request.question,
    language: request.language,
    previousTurn: request.conversation_id
      ? needs.conversations.lastTurn(request.conversation_id, principal)
      : null,
    contentTokens: needs.text.contentTokens,
  });
  const found = await needs.search(
    {
      query: understanding.query,
      joinedQuery: understanding.joinedQuery,
      corpora: request.corpora ?? null,
      language: understanding.language,
      principal,
      limit: PROBE_HITS,
    },
    { signal },
  );

  const decidedFrom = needs.clock();
  const chosen = chooseArm(needs, {
    request,
    understanding,
    found,
    principal,
    conversation: conversationId,
  });
  const decideMs = needs.clock() - decidedFrom;
  emit({ event: 'decision', data: chosen.decision });

  const context = { understanding, found, corpora, request, signal, emit };
  let draft: Draft =
    chosen.choice.arm === 'abstain'
      ? abstain({ ...context, decision: chosen.decision }, { silence: chosen.silence })
      : await generateAnswer(needs, { ...context, ...chosen });
  // Asked before a second look, which may use up the deadline or lose the engine.
  const info = await needs.engine.ready({ signal });
  const spentMs = needs.clock() - startedAt;
  if (
    draft.outcome === 'abstained' &&
    chosen.second !== null &&
    spentMs < request.deadline_ms * SECOND_LOOK_BEFORE
  ) {
    const second = chosen.second(draft.decision);
    emit({ event: 'decision', data: second.decision });
    try {
      draft = withSpent(await generateAnswer(needs, { ...context, ...second }), draft);
    } catch (error) {
      // A second look that fails leaves the silence that was there before it.
      if (options.signal?.aborted || !isKakehashiError(error)) throw error;
    }
  }

  const response: AnswerResponse = {
    id: needs.newId(),
    conversation_id: conversationId,
    outcome: draft.outcome,
    answer: draft.answer,
    structured: draft.structured,
    language: understanding.language,
    citations: draft.citations,
    uncited: draft.uncited,
    nearest: draft.nearest,
    decision: withSearchState(draft.decision, found),
    model: info.model,
    index: found.index,
    usage: draft.usage,
    timings_ms: {
      queue: draft.timingsMs.queue,
      embed: found.timingsMs.embed,
      search: found.timingsMs.search,
      decide: decideMs,
      prefill: draft.timingsMs.prefill,
      generate: draft.timingsMs.generate,
      total: needs.clock() - startedAt,
    },
    disclaimer: draft.disclaimer,
  };
  needs.conversations.append(conversationId, principal, {
    question: request.question,
    answer: response.answer,
    answerId: response.id,
  });
  needs.record({ response, principal: principal.id, question: request.question });
  return response;
}

async function searchOnly(
  needs: AnswererNeeds,
  request: Parameters<Answerer['search']>[0],
  principal: Principal,
  options: { signal?: AbortSignal | undefined },
): Promise<SearchResponse> {
  const startedAt = needs.clock();
  chosenCorpora(await needs.corpora(), request.corpora);
  const query = request.query.normalize('NFKC').replace(/\s+/gu, ' ').trim();
  const found = await needs.search(
    {
      query,
      corpora: request.corpora ?? null,
      language: request.language === 'auto' ? detectLanguage(query) : request.language,
      principal,
      limit: request.limit,
    },
    options,
  );
  return {
    results: found.hits.map((hit) => ({
      ...placeOf(hit),
      passage_id: hit.id,
      text: hit.text,
      score: hit.score,
      legs: {
        dense: hit.legs.dense?.similarity ?? null,
        keyword: hit.legs.keyword?.score ?? null,
      },
    })),
    index: found.index,
    timings_ms: { ...found.timingsMs, total: needs.clock() - startedAt },
  };
}

/** `draft` with what `before` cost added. */
function withSpent(draft: Draft, { usage, timingsMs }: Draft): Draft {
  return {
    ...draft,
    usage: {
      prompt_tokens: draft.usage.prompt_tokens + usage.prompt_tokens,
      cached_tokens: draft.usage.cached_tokens + usage.cached_tokens,
      completion_tokens: draft.usage.completion_tokens + usage.completion_tokens,
    },
    timingsMs: {
      queue: draft.timingsMs.queue + timingsMs.queue,
      prefill: draft.timingsMs.prefill + timingsMs.prefill,
      generate: draft.timingsMs.generate + timingsMs.generate,
    },
  };
}

/** Those of `known` that are searched. Errors: `corpus.not_found`. */
function chosenCorpora(
  known: readonly CorpusCard[],
  asked: readonly string[] | undefined,
): readonly CorpusCard[] {
  if (asked === undefined) return known;
  const names = known.map(({ name }) => name);
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return known.filter(({ name }) => asked.includes(name));
  throw new KakehashiError('corpus.not_found', `There is no corpus named "${unknown}".`, {
    remedy: names.length === 0 ? 'Index a corpus first.' : `Known corpora: ${names.join(', ')}.`,
  });
}

/** A search that lost one leg says so in the evidence. */
function withSearchState(decision: Decision, found: SearchResult): Decision {
  if (found.degraded === null) return decision;
  return { ...decision, evidence: { ...decision.evidence, search: found.degraded } };
}
