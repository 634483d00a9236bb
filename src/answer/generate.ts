import { explainGate } from '../decision/explain.js';
import { type Gate, OPEN_GATE } from '../decision/policy.js';
import type { ChatMessage, Engine, Generation, PrefillReport } from '../engine/engine.js';
import { KakehashiError } from '../errors.js';
import type { Hit, SearchResult } from '../retrieval/search.js';
import type { AnswerRequest, Citation, Decision, NearestDocument } from '../schemas.js';
import { abstentionText, type CorpusCard, nearestDocuments, type Silence } from './abstention.js';
import type { AnswerEvent } from './answerer.js';
import type { Chosen, TextTools } from './choose.js';
import { cite, type Span } from './cite.js';
import { disclaimerFor, guardRules, guardText, trimRepetition } from './guard.js';
import { guardStream } from './guard-stream.js';
import { missesFigure } from './missing-figure.js';
import { createOpening } from './opening.js';
import { placeOf } from './place.js';
import { composePlainPrompt, composeReadingPrompt, WITHHOLD_WORD } from './prompt.js';
import { selectPassages, withoutWeakest } from './select-passages.js';
import type { Understanding } from './understand.js';
import { isWithheld, withoutStrayOpening } from './withheld.js';
import { withoutMark } from './without-mark.js';

export type GenerateNeeds = {
  engine: Engine;
  text: TextTools;
  /** Secret, fixed per server start. */
  linePrefix: string;
  settings: { passages: number; contextTokens: number };
};

/** All of an answer that depends on the arm. */
export type Draft = {
  outcome: 'answered' | 'abstained';
  answer: string;
  /** The answer of an adapter with a schema, parsed; null for text. */
  structured: Readonly<Record<string, unknown>> | null;
  citations: Citation[];
  uncited: Span[];
  nearest: NearestDocument[];
  decision: Decision;
  disclaimer: string | null;
  usage: { prompt_tokens: number; cached_tokens: number; completion_tokens: number };
  timingsMs: { queue: number; prefill: number; generate: number };
};

type Context = {
  understanding: Understanding;
  found: SearchResult;
  /** Those that were searched. */
  corpora: readonly CorpusCard[];
  request: Pick<AnswerRequest, 'max_tokens'>;
  decision: Decision;
};

type GenerateContext = Context & {
  choice: Chosen['choice'];
  signal: AbortSignal;
  emit: (event: AnswerEvent) => void;
};

/** Silence that helps: what was looked for, the nearest documents, whom to ask. */
export function abstain(
  context: Context,
  { silence = 'not_told', spent }: { silence?: Silence; spent?: Partial<Draft> } = {},
): Draft {
  const { understanding, found, corpora, decision } = context;
  const nearest = nearestDocuments(found.hits);
  return {
    outcome: 'abstained',
    structured: null,
    answer: abstentionText({
      silence,
      language: understanding.language,
      query: understanding.query,
      corpora,
      nearest,
    }),
    citations: [],
    uncited: [],
    nearest,
    decision,
    disclaimer: null,
    usage: { prompt_tokens: 0, cached_tokens: 0, completion_tokens: 0 },
    timingsMs: { queue: 0, prefill: 0, generate: 0 },
    ...spent,
  };
}

/** Steps 4 to 7: prompt, generation behind the last gate, citations, guard. */
export async function generateAnswer(
  needs: GenerateNeeds,
  context: GenerateContext,
): Promise<Draft> {
  const { choice, understanding, request, signal, emit } = context;
  const reads = choice.arm === 'retrieve' || choice.arm === 'both';
  // A withheld answer is no JSON: only answers without passages are held to a schema.
  const schema = reads ? null : (choice.served?.answerSchema ?? null);
  const prompt = reads ? await fitPrompt(needs, context) : plainPrompt(context);
  const { messages, passages } = prompt;
  if (reads) emit({ event: 'passages', data: { passages: passages.map(describePassage) } });

  let prefill: PrefillReport = NOTHING_READ;
  let gate = OPEN_GATE;
  const stopper = new AbortController();
  // What was streamed cannot be taken back: it is guarded like the answer. JSON leaves as it is.
  const leaving = guardStream(schema === null ? guardRules(passages) : [], {
    push: (text) => emit({ event: 'delta', data: { text } }),
    finish: () => undefined,
  });
  const opening = createOpening(reads, understanding, stopper, leaving);
  const shown = withoutMark(needs.linePrefix, opening);
  let generation: Generation;
  try {
    generation = await needs.engine.generate(
      {
        messages,
        adapter: choice.served?.engineName ?? null,
        maxTokens: request.max_tokens,
        options: reads ? [WITHHOLD_WORD] : [],
        answerSchema: schema ?? undefined,
        afterPrefill: (report: PrefillReport) => {
          prefill = report;
          const readOut = reads ? (report.optionProbabilities[0] ?? 0) : null;
          gate = choice.gate(readOut);
          return gate.passes ? 'continue' : 'stop';
        },
      },
      { signal: AbortSignal.any([signal, stopper.signal]), onText: shown.push },
    );
  } catch (error) {
    if (!stopper.signal.aborted) throw error;
    generation = withheldAfter(prefill);
  }
  generation = { ...generation, text: generation.text.replaceAll(needs.linePrefix, '') };
  shown.finish(generation.text);

  const spent = {
    usage: {
      prompt_tokens: generation.promptTokens,
      cached_tokens: generation.cachedTokens,
      completion_tokens: generation.completionTokens,
    },
    timingsMs: generation.timingsMs,
  };
  const readOut = reads ? (prefill.optionProbabilities[0] ?? 0) : null;
  const decision = withReadOut(context.decision, choice, { readOut, gate }, prompt);
  const { language, query } = understanding;
  const withheld =
    generation.stopReason === 'gated' ||
    (reads && isWithheld(generation.text, language)) ||
    !saysSomething(generation.text);
  const lacksFigure = !withheld && reads && missesFigure(query, generation.text, language);
  if (withheld || lacksFigure) {
    const reason = explainGate({ readOut, gate, risk: choice.risk, lacksFigure }, language);
    return abstain(
      {
        ...context,
        decision: {
          ...decision,
          arm: 'abstain',
          reasons: [...decision.reasons.slice(0, 1), reason],
          evidence: { ...decision.evidence, ...(lacksFigure ? { draft_lacks_figure: true } : {}) },
        },
      },
      { silence: gate.unbounded ? 'risk_not_shown' : 'not_told', spent },
    );
  }

  if (schema !== null) {
    const structured = parseStructured(generation.text);
    if (structured === null) return abstain(cutOff(context, decision), { spent });
    return { ...NO_SOURCES, ...spent, answer: generation.text.trim(), structured, decision };
  }
  const text =
    generation.stopReason === 'repetition'
      ? trimRepetition(generation.text, needs.text.sentences)
      : withoutStrayOpening(generation.text).trim();
  const guarded = guardText(text, passages);
  const cited = reads
    ? cite(guarded, passages, needs.text)
    : { answer: guarded, citations: [], uncited: [] };
  emit({ event: 'citations', data: { citations: cited.citations, uncited: cited.uncited } });
  return {
    outcome: 'answered',
    ...cited,
    structured: null,
    nearest: [],
    decision,
    disclaimer: disclaimerFor(passages, language),
    ...spent,
  };
}

const NO_SOURCES = {
  outcome: 'answered',
  citations: [],
  uncited: [],
  nearest: [],
  disclaimer: null,
} satisfies Partial<Draft>;

/** The object that the text holds, or null when it was cut off. */
function parseStructured(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : null;
  } catch {
    return null;
  }
}

/** Half an object is no answer: it is withheld, with the reason. */
function cutOff(context: GenerateContext, decision: Decision): Context {
  const reason = {
    ja: '構造化された回答が長すぎて途中で切れたため、示しません。max_tokens を増やしてください。',
    en: 'The structured answer was cut off, so it is not shown. Raise max_tokens.',
  }[context.understanding.language];
  const reasons = [...decision.reasons.slice(0, 1), reason];
  return { ...context, decision: { ...decision, arm: 'abstain', reasons } };
}

/** Whether there is a word or number beside the markers. */
function saysSomething(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text.replace(/\[\d{1,2}\]/gu, ''));
}

type Prompt = { messages: ChatMessage[]; passages: Hit[]; dropped: number };

/** Composes the reading prompt and drops whole passages, weakest first, until it fits. */
async function fitPrompt(needs: GenerateNeeds, context: GenerateContext): Promise<Prompt> {
  const { understanding, found, request, signal } = context;
  const { contextTokens } = needs.settings;
  let passages = selectPassages(found.hits, needs.settings.passages);
  const selected = passages.length;
  for (;;) {
    const messages = composeReadingPrompt({
      language: understanding.language,
      reader: context.choice.arm === 'both' ? 'adapter' : 'base',
      instruction: context.choice.served?.instruction?.[understanding.language],
      passages,
      question: understanding.query,
      previousQuestion: understanding.previousTurn?.question ?? null,
      linePrefix: needs.linePrefix,
    });
    const promptTokens = await needs.engine.countTokens(messages, { signal });
    if (promptTokens + request.max_tokens <= contextTokens) {
      return { messages, passages, dropped: selected - passages.length };
    }
    if (passages.length <= 1) {
      throw new KakehashiError(
        'engine.prompt_too_long',
        `The question and one passage take ${promptTokens} tokens; with max_tokens ${request.max_tokens} that is over the ${contextTokens} of the context.`,
        { remedy: 'Ask a shorter question or lower max_tokens.' },
      );
    }
    passages = withoutWeakest(passages);
  }
}

function plainPrompt({ understanding, choice }: GenerateContext): Prompt {
  const { language, query, previousTurn } = understanding;
  const instruction = choice.served?.instruction?.[language];
  // An adapter with an instruction of its own was trained on single requests.
  const history: ChatMessage[] =
    previousTurn === null || instruction !== undefined
      ? []
      : [
          { role: 'user', content: previousTurn.question },
          { role: 'assistant', content: previousTurn.answer },
        ];
  return {
    messages: composePlainPrompt({ language, instruction, question: query, history }),
    passages: [],
    dropped: 0,
  };
}

const NOTHING_READ: PrefillReport = {
  promptTokens: 0,
  cachedTokens: 0,
  optionProbabilities: [],
  answerLogProbabilities: [],
};

/** What is left of an answer that was cut off because its opening refused. */
function withheldAfter(prefill: PrefillReport): Generation {
  return {
    ...prefill,
    text: '',
    completionTokens: 0,
    stopReason: 'gated',
    timingsMs: { queue: 0, prefill: 0, generate: 0 },
  };
}

function withReadOut(
  decision: Decision,
  choice: Chosen['choice'],
  { readOut, gate }: { readOut: number | null; gate: Gate },
  prompt: Prompt,
): Decision {
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  const sureness = {
    ...(gate.sure === null ? {} : { p_right: round(gate.sure) }),
    ...(gate.wanted === null ? {} : { p_right_wanted: round(gate.wanted) }),
  };
  const reading =
    readOut === null
      ? {}
      : {
          // A model without an adapter has chances of a hundred-thousandth, and they still tell.
          p_withheld: Number(readOut.toPrecision(4)),
          reading_arm: choice.arm,
          passages: prompt.passages.length,
          passages_dropped: prompt.dropped,
        };
  return { ...decision, evidence: { ...decision.evidence, ...sureness, ...reading } };
}

function describePassage(hit: Hit, index: number) {
  return { marker: index + 1, ...placeOf(hit), text: hit.text };
}
