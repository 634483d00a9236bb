/** What the model thinks where an answer begins: chances of its first word and of whole answers. */
import { abortError } from '../errors.js';
import type { LlamaContextSequence, LlamaModel, Token } from './llama.js';
import type { GenerateJob } from './protocol.js';
import { pickToken } from './sampling.js';

/** As the library's own default, for the first token that is sampled here. */
export const TOP_K = 40;
/** Logarithm of what counts as impossible; the channel to the parent carries no infinity. */
const LOG_IMPOSSIBLE = -1000;

export type ReadOutOptions = {
  model: LlamaModel;
  /** Leased; holds everything before `unread`, and afterwards the whole prompt. */
  sequence: LlamaContextSequence;
  job: GenerateJob;
  signal: AbortSignal;
};

export type ReadOut = {
  /** Of the first token of each option, 0..1. */
  optionProbabilities: number[];
  /** Natural logarithm of the probability of each whole answer, its end not counted. */
  answerLogProbabilities: number[];
  /** The token the answer begins with when it goes on. */
  first: Token;
};

/** Evaluates the last tokens of the prompt; everything that is read out is read in this one pass. */
export async function readOut(unread: readonly Token[], options: ReadOutOptions): Promise<ReadOut> {
  const { model, job, signal } = options;
  const optionTokens = job.options.map((option) => tokensOf(model, option)[0]);
  const answers = job.answers.map((answer) => tokensOf(model, answer));
  const wanted = [...optionTokens, ...answers.map(([first]) => first)];
  const [position] = await evaluate(unread, [wanted], options, topOf(job, wanted.length));
  if (position === undefined) throw new Error('empty prompt');
  const answerLogProbabilities: number[] = [];
  for (const answer of answers) {
    if (signal.aborted) throw abortError(signal);
    const rest = await logOfRest(answer, options);
    const log = Math.log(position.share(answer[0])) + rest;
    answerLogProbabilities.push(Math.max(LOG_IMPOSSIBLE, log));
  }
  if (signal.aborted) throw abortError(signal);
  return {
    optionProbabilities: optionTokens.map((token) => position.share(token)),
    answerLogProbabilities,
    first: firstOf(position, { optionTokens, temperature: job.temperature }),
  };
}

/** Logarithm of the chance that an answer goes on as it does after its first token. */
async function logOfRest(answer: Tokens, options: ReadOutOptions): Promise<number> {
  if (answer.length === 1) return 0;
  const { sequence } = options;
  const start = sequence.nextTokenIndex;
  const following = answer.slice(1);
  const positions = await evaluate(
    answer.slice(0, -1),
    following.map((token) => [token]),
    options,
    {},
  );
  await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
  return following.reduce((sum, token, at) => sum + Math.log(positions[at]?.share(token) ?? 0), 0);
}

type Position = {
  greedy: Token;
  logits: ReadonlyMap<Token, number>;
  /** Chance of a token that was asked for, among the whole vocabulary. */
  share: (token: Token) => number;
};

/** Evaluates `tokens`; behind the last ones of them reads the logits of `wanted`, one list each. */
async function evaluate(
  tokens: readonly Token[],
  wanted: readonly (readonly Token[])[],
  { sequence }: ReadOutOptions,
  more: { includeTop?: number },
): Promise<Position[]> {
  const silent = tokens.length - wanted.length;
  const outputs = await sequence.controlledEvaluate(
    tokens.map((token, at) => {
      const list = wanted[at - silent];
      if (list === undefined) return token;
      return [
        token,
        {
          generateNext: {
            token: true,
            // At temperature 0 nothing is cut: these are shares of the whole vocabulary.
            totalLogitWeight: true,
            logits: { filter: { tokens: [...list], includeSelected: true, ...more } },
          },
        },
      ];
    }),
  );
  return outputs.slice(silent).map((output) => {
    const greedy = output?.next.token;
    const logits = output?.next.logits;
    const weight = output?.next.totalLogitWeight ?? 1;
    if (logits === undefined || greedy === undefined || greedy === null) {
      throw new Error('no logits');
    }
    const highest = Math.max(...logits.values());
    const share = (token: Token): number => {
      const logit = logits.get(token);
      if (logit === undefined || !Number.isFinite(logit)) return 0;
      return Math.min(1, Math.exp(logit - highest) / weight);
    };
    return { greedy, logits, share };
  });
}

/** Enough of the likeliest tokens to choose the first word from, those asked for left out. */
function topOf(job: GenerateJob, asked: number): { includeTop?: number } {
  if (job.temperature > 0) return { includeTop: TOP_K + asked };
  return asked > 0 ? { includeTop: asked + 1 } : {};
}

/**
 * An answer that goes on does not open with an option: whether it should was decided on the
 * probabilities, by whoever asked for them.
 */
function firstOf(
  { greedy, logits }: Position,
  { optionTokens, temperature }: { optionTokens: readonly Token[]; temperature: number },
): Token {
  if (temperature === 0 && !optionTokens.includes(greedy)) return greedy;
  const others = [...logits].filter(([token]) => !optionTokens.includes(token));
  return pickToken(others, {
    temperature: temperature === 0 ? 1 : temperature,
    topK: temperature === 0 ? 1 : TOP_K,
    random: Math.random,
  });
}

type Tokens = readonly [Token, ...Token[]];

/** The tokens of an answer that opens with `text`. */
function tokensOf(model: LlamaModel, text: string): Tokens {
  const [first, ...rest] = model.tokenize(text, false, 'trimLeadingSpace');
  if (first === undefined) throw new Error('option without tokens');
  return [first, ...rest];
}
