/** One answer on one sequence: prompt in chunks, read-out at the first position, then the words. */
import { abortError } from '../errors.js';
import { createDetokenizer } from './detokenize.js';
import type { StopReason } from './engine.js';
import {
  type LlamaContextSequence,
  type LlamaGrammarEvaluationState,
  type LlamaModel,
  openGrammar,
  type Token,
} from './llama.js';
import type { ChildMessage, GenerateJob } from './protocol.js';
import { isRepeating } from './repetition.js';
import type { Turns } from './turns.js';
import { readOut, TOP_K } from './worker-read-out.js';

/** Text goes to the parent at most this often; the first piece goes at once. */
const TEXT_EVERY_MS = 30;
/** The same token this often in a row is a loop even when it shows no text. */
const SAME_TOKEN_LIMIT = 256;

export type Report = Pick<
  Extract<ChildMessage, { type: 'prefilled' }>,
  'promptTokens' | 'cachedTokens' | 'optionProbabilities' | 'answerLogProbabilities'
>;

export type AnswerEvents = {
  onProgress: () => void;
  onText: (text: string) => void;
  /** Tells the parent what prefill found; resolves to whether the answer goes on. */
  onPrefilled: (report: Report) => Promise<boolean>;
};

export type WriteAnswerOptions = {
  model: LlamaModel;
  /** Leased: nobody else touches it until this returns. */
  sequence: LlamaContextSequence;
  prompt: { tokens: readonly Token[]; stops: ReadonlySet<Token> };
  job: GenerateJob;
  events: AnswerEvents;
  signal: AbortSignal;
  queueMs: number;
  chunkTokens: number;
  /**
   * Long prompts are read one after the other: read together, each would take as long as all, and
   * nobody's answer would start early.
   */
  prefills: Turns;
  /** Tells when the answer's words are being written, so that prompts give way to them. */
  onWriting: (writing: boolean) => void;
};

export type Answer = Omit<Extract<ChildMessage, { type: 'generated' }>, 'type' | 'id'>;

export async function writeAnswer(options: WriteAnswerOptions): Promise<Answer> {
  const { events, job } = options;
  const start = performance.now();
  const grammar =
    job.answerSchema === null ? null : await openGrammar(options.model, job.answerSchema);
  const { begin, ...found } = await prefill(options);
  const report: Report = { promptTokens: options.prompt.tokens.length, ...found };
  const prefilled = performance.now();
  const goesOn = await events.onPrefilled(report);
  const end = (written: { text: string; tokens: number; stopReason: StopReason }): Answer => ({
    ...report,
    text: written.text,
    completionTokens: written.tokens,
    stopReason: written.stopReason,
    timingsMs: {
      queue: options.queueMs,
      prefill: prefilled - start,
      generate: performance.now() - prefilled,
    },
  });
  if (!goesOn) return end({ text: '', tokens: 0, stopReason: 'gated' });
  options.onWriting(true);
  return end(await decode(options, begin, grammar));
}

/** Where the words begin: at a token that is chosen, or after tokens that are not read yet. */
type Begin = { first: Token } | { unread: Token[] };

/**
 * Reads what the cache does not hold, in chunks so that an abort waits for one chunk and not for
 * the whole prompt. An answer bound to a schema leaves its last tokens unread, as its first word is
 * bound too.
 */
async function prefill(
  options: WriteAnswerOptions,
): Promise<Omit<Report, 'promptTokens'> & { begin: Begin }> {
  const { sequence, prompt, signal } = options;
  // All but the last token: one must be evaluated, even when the cache holds the whole prompt.
  await sequence.adaptStateToTokens(prompt.tokens.slice(0, -1), false);
  const cachedTokens = sequence.nextTokenIndex;
  const long = prompt.tokens.length - cachedTokens > options.chunkTokens;
  const leave = long ? await options.prefills.join().turn(false, signal) : null;
  try {
    let next = cachedTokens;
    while (prompt.tokens.length - next > options.chunkTokens) {
      if (signal.aborted) throw abortError(signal);
      await sequence.evaluateWithoutGeneratingNewTokens(
        prompt.tokens.slice(next, next + options.chunkTokens),
      );
      next += options.chunkTokens;
      options.events.onProgress();
    }
    if (signal.aborted) throw abortError(signal);
    if (options.job.answerSchema !== null) {
      const unread = prompt.tokens.slice(next);
      return {
        optionProbabilities: [],
        answerLogProbabilities: [],
        begin: { unread },
        cachedTokens,
      };
    }
    const { first, ...found } = await readOut(prompt.tokens.slice(next), options);
    return { ...found, begin: { first }, cachedTokens };
  } finally {
    leave?.();
  }
}

async function decode(
  options: WriteAnswerOptions,
  begin: Begin,
  grammar: LlamaGrammarEvaluationState | null,
): Promise<{ text: string; tokens: number; stopReason: StopReason }> {
  const { model, sequence, prompt, events, signal, job } = options;
  const detokenizer = createDetokenizer<Token>(
    (tokens, before) => model.detokenize(tokens, false, before),
    prompt.tokens,
  );
  const ends = (token: Token): boolean => model.isEogToken(token) || prompt.stops.has(token);
  let text = '';
  let unsent = '';
  let sentAt = Number.NEGATIVE_INFINITY;
  const send = (now: number): void => {
    if (unsent === '') events.onProgress();
    else events.onText(unsent);
    unsent = '';
    sentAt = now;
  };
  const add = (piece: string): void => {
    text += piece;
    unsent += piece;
    const now = performance.now();
    if (now - sentAt >= TEXT_EVERY_MS) send(now);
  };

  let tokens = 0;
  let sameInRow = 0;
  let previous: Token | null = null;
  let stopReason: StopReason = 'end';
  const sampling =
    job.temperature > 0 ? { temperature: job.temperature, topK: TOP_K } : { temperature: 0 };
  const evaluate = (tokens: Token[]) =>
    sequence.evaluate(
      tokens,
      grammar === null ? sampling : { ...sampling, grammarEvaluationState: grammar },
    );
  const words =
    'unread' in begin
      ? evaluate(begin.unread)
      : ends(begin.first)
        ? []
        : withFirst(begin.first, () => evaluate([begin.first]));
  for await (const token of words) {
    if (signal.aborted) throw abortError(signal);
    if (ends(token)) break;
    tokens += 1;
    sameInRow = token === previous ? sameInRow + 1 : 1;
    previous = token;
    const piece = detokenizer.push(token);
    add(piece);
    if (sameInRow >= SAME_TOKEN_LIMIT || (piece !== '' && isRepeating(text))) {
      stopReason = 'repetition';
      break;
    }
    // The library's grammars go on with empty lines for ever behind the closing brace.
    if (grammar !== null && isWholeJson(text)) break;
    if (tokens >= job.maxTokens) {
      stopReason = 'max_tokens';
      break;
    }
  }
  add(detokenizer.finish());
  if (unsent !== '') send(performance.now());
  return { text, tokens, stopReason };
}

function isWholeJson(text: string): boolean {
  if (!/[}\]]\s*$/u.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `first`, then the tokens of the sequence that starts when the second one is asked for. */
async function* withFirst(
  first: Token,
  rest: () => AsyncGenerator<Token, void>,
): AsyncGenerator<Token, void> {
  yield first;
  yield* rest();
}
