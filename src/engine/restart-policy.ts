/** When a crashed child is started again. */

export type RestartPolicy = {
  /** Crashes within `windowMs`, with no answer between them, that open the breaker. */
  crashLimit: number;
  windowMs: number;
  /** Pause while the breaker is open. */
  breakerPauseMs: number;
  /** Pause after the first crash; doubles with each further one in the window. */
  firstDelayMs: number;
};

export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  crashLimit: 3,
  windowMs: 60_000,
  breakerPauseMs: 30_000,
  firstDelayMs: 50,
};

export type Crash = {
  timeMs: number;
  /** What the child loaded or served alone when it died; null for the base model or a mix. */
  adapter: string | null;
};

export type RestartDecision = { delayMs: number; breakerOpen: boolean };

/**
 * Pause before the next start, given the crashes not yet forgiven (in order of time, the last is the
 * one just met). With the breaker open, callers are told instead of kept waiting.
 */
export function decideRestart(crashes: readonly Crash[], policy: RestartPolicy): RestartDecision {
  const now = crashes.at(-1)?.timeMs ?? 0;
  const recent = crashes.filter(({ timeMs }) => now - timeMs < policy.windowMs).length;
  if (recent >= policy.crashLimit) return { delayMs: policy.breakerPauseMs, breakerOpen: true };
  return { delayMs: policy.firstDelayMs * 2 ** Math.max(0, recent - 1), breakerOpen: false };
}

/**
 * The crashes that still count after an answer with `adapter` went well: a child that serves is no
 * reason to turn people away, however often something else kills it. Crashes with another adapter
 * stay, so that one which always kills the child is found out between the answers of the others.
 */
export function withoutForgiven(crashes: readonly Crash[], adapter: string | null): Crash[] {
  return crashes.filter((crash) => crash.adapter !== null && crash.adapter !== adapter);
}
