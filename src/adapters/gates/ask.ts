import type { Engine } from '../../engine/engine.js';
import type { Case } from './cases.js';

export type Said = {
  text: string;
  /** Chances of the options of the case, in their order. */
  chances: readonly number[];
  /** Tokens of the prompt that were evaluated, and the time it took. */
  readTokens: number;
  readMs: number;
};

export type AskOptions = {
  engine: Engine;
  /** Name of the version in the engine, null for the base model. */
  adapter: string | null;
  signal: AbortSignal;
  onDone: () => void;
};

/** Asks the cases one after the other, so that those with a common beginning share the cache. */
export async function askCases(cases: readonly Case[], options: AskOptions): Promise<Said[]> {
  const said: Said[] = [];
  for (const one of cases) {
    const { engine, adapter, signal } = options;
    const generation = await engine.generate(
      {
        messages: one.messages,
        adapter,
        maxTokens: Math.max(1, one.maxTokens),
        options: one.options,
        answerSchema: one.answerSchema ?? undefined,
        ...(one.maxTokens === 0 ? { afterPrefill: () => 'stop' as const } : {}),
      },
      { signal },
    );
    const { promptTokens, cachedTokens, timingsMs } = generation;
    said.push({
      text: generation.text,
      chances: generation.optionProbabilities,
      readTokens: promptTokens - cachedTokens,
      readMs: timingsMs.prefill,
    });
    options.onDone();
  }
  return said;
}
