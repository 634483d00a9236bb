import type { Engine } from '../../engine/engine.js';
import type { Case } from './cases.js';

export type Said = {
  text: string;
  /** Chances of the options of the case, in their order. */
  chances: readonly number[];
  /** Logarithms of the chances of its answers, in their order. */
  logChances: readonly number[];
  /** Tokens of the prompt that were evaluated, and the time it took. */
  readTokens: number;
  readMs: number;
};

export type AskOptions = {
  engine: Engine;
  /** Name of the version in the engine, null for the base model. */
  adapter: string | null;
  signal: AbortSignal;
};

/** Asks one version one case. Errors: those of the engine. */
export async function askCase(one: Case, { engine, adapter, signal }: AskOptions): Promise<Said> {
  const generation = await engine.generate(
    {
      messages: one.messages,
      adapter,
      maxTokens: Math.max(1, one.maxTokens),
      options: one.options,
      answers: one.answers,
      answerSchema: one.answerSchema ?? undefined,
      ...(one.maxTokens === 0 ? { afterPrefill: () => 'stop' as const } : {}),
    },
    { signal },
  );
  const { promptTokens, cachedTokens, timingsMs } = generation;
  return {
    text: generation.text,
    chances: generation.optionProbabilities,
    logChances: generation.answerLogProbabilities,
    readTokens: promptTokens - cachedTokens,
    readMs: timingsMs.prefill,
  };
}
