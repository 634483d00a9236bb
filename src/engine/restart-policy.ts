/** When a crashed child is started again. */

export type RestartPolicy = {
  /** Crashes within `windowMs` that open the breaker. */
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

export type RestartDecision = { delayMs: number; breakerOpen: boolean };

/**
 * Pause before the next start, given the times of all crashes so far (`crashTimesMs`, ascending,
 * the last is the one just met). With the breaker open, callers are told instead of kept waiting.
 */
export function decideRestart(
  crashTimesMs: readonly number[],
  policy: RestartPolicy,
): RestartDecision {
  const now = crashTimesMs.at(-1) ?? 0;
  const recent = crashTimesMs.filter((time) => now - time < policy.windowMs).length;
  if (recent >= policy.crashLimit) return { delayMs: policy.breakerPauseMs, breakerOpen: true };
  return { delayMs: policy.firstDelayMs * 2 ** Math.max(0, recent - 1), breakerOpen: false };
}
