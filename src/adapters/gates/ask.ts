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

/** A version that can be asked: a model, alone or with an adapter that its engine holds by name. */
export type Speaker = { engine: Engine; adapter: string | null };

/** Asks one version one case. Errors: those of the engine. */
export async function askCase(
  one: Case,
  { engine, adapter }: Speaker,
  signal: AbortSignal,
): Promise<Said> {
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
