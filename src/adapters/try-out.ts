import type { Engine, Generation } from '../engine/engine.js';
import { isKakehashiError, KakehashiError } from '../errors.js';

/** Longest time for loading the model once more, twice a short prompt and a few words. */
const LIMIT_MS = 120_000;
/** First words whose chances are compared; which ones does not matter, they only must be finite. */
const PROBES = ['UNKNOWN', 'The', '1', 'はい'];
const GOLDEN_PROMPT = [
  { role: 'system' as const, content: 'You answer in one short sentence.' },
  { role: 'user' as const, content: 'Which day follows Monday? 月曜日の次は何曜日ですか。' },
];
/** Chances that differ by less than this come from the same weights. */
const SAME = 1e-6;

export type TryOut = {
  /** Chances of the same first words without and with the adapter, in the same order. */
  base: readonly number[];
  adapter: readonly number[];
  /** What it says to the golden prompt. */
  text: string;
};

/**
 * Loads an adapter for the first time, in an engine of its own that is closed afterwards, and asks
 * it one golden prompt: a file that passed the header check may still kill the process, change
 * nothing, or answer one token for ever. `open` starts a child of the base model with this adapter
 * alone, whose end hurts nobody.
 *
 * Errors: `adapter.invalid` with what happened, `cancelled`, and those of a base that does not load.
 */
export async function tryOut(
  name: string,
  { open, signal }: { open: () => Engine; signal?: AbortSignal | undefined },
): Promise<TryOut> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const engine = open();
  try {
    await engine.ready({ signal: either });
    const base = await ask(engine, null, either);
    const adapted = await ask(engine, name, either).catch((error: unknown) => {
      throw blameAdapter(name, error, limit.aborted);
    });
    const fault = faultOf(base, adapted);
    if (fault !== null) throw invalid(name, fault);
    return {
      base: base.optionProbabilities,
      adapter: adapted.optionProbabilities,
      text: adapted.text,
    };
  } finally {
    await engine.close();
  }
}

function ask(engine: Engine, adapter: string | null, signal: AbortSignal): Promise<Generation> {
  return engine.generate(
    { messages: GOLDEN_PROMPT, adapter, maxTokens: 24, options: PROBES },
    { signal },
  );
}

/** What is wrong with an answer that came, or null. */
function faultOf(base: Generation, adapted: Generation): string | null {
  const chances = adapted.optionProbabilities;
  if (!chances.every((chance) => Number.isFinite(chance) && chance >= 0 && chance <= 1)) {
    return 'it gives chances that are no numbers';
  }
  const changes = chances.some(
    (chance, at) => Math.abs(chance - (base.optionProbabilities[at] ?? 0)) > SAME,
  );
  if (!changes && adapted.text === base.text) return 'it changes nothing in the base model';
  if (adapted.stopReason === 'repetition' || !/[\p{Letter}\p{Number}]/u.test(adapted.text)) {
    return 'it answers the same sign for ever';
  }
  return null;
}

function blameAdapter(name: string, error: unknown, timedOut: boolean): unknown {
  if (timedOut) return invalid(name, 'it did not answer in time');
  if (!isKakehashiError(error)) return error;
  const blamed = ['engine.crashed', 'engine.unavailable', 'adapter.not_found'];
  return blamed.includes(error.code)
    ? invalid(name, 'it killed the process that tried it', error)
    : error;
}

function invalid(name: string, fault: string, cause?: unknown): KakehashiError {
  return new KakehashiError('adapter.invalid', `Adapter "${name}" failed its try-out: ${fault}.`, {
    remedy: 'Train or convert it again on the model in service.',
    cause,
  });
}
