/** Notices that something which should move does not. */
import { readFileSync } from 'node:fs';

export type StallWatchOptions = {
  /** Longest time without a move at this moment, null while none is expected. */
  limitMs: () => number | null;
  lookEveryMs: number;
  /** Processor time the watched process has used so far, null when that cannot be known. */
  cpuMs: () => number | null;
  onStall: () => void;
};

export type StallWatch = {
  moved(): void;
  end(): void;
};

/**
 * A process that computes without reporting is given this many limits: on a crowded machine or a
 * slow one, a piece of prompt may take longer than the limit, and killing it would only add work.
 */
const COMPUTING_LIMITS = 8;

/** Whether it hangs: no move and no computing for the limit, or no move for 8 limits. */
export function isStalled(still: { moveMs: number; cpuMs: number; limitMs: number }): boolean {
  const { moveMs, cpuMs, limitMs } = still;
  return Math.min(moveMs, cpuMs) >= limitMs || moveMs >= limitMs * COMPUTING_LIMITS;
}

/** The watch keeps no process alive. */
export function createStallWatch(options: StallWatchOptions): StallWatch {
  let movedAt = performance.now();
  let computedAt = 0;
  let lastCpuMs: number | null = null;
  let overdue = false;
  const look = (): void => {
    const limitMs = options.limitMs();
    const now = performance.now();
    const cpuMs = limitMs === null ? null : options.cpuMs();
    if (cpuMs !== null && cpuMs !== lastCpuMs) computedAt = now;
    lastCpuMs = cpuMs;
    const late =
      limitMs !== null &&
      isStalled({
        moveMs: now - movedAt,
        cpuMs: cpuMs === null ? Number.POSITIVE_INFINITY : now - computedAt,
        limitMs,
      });
    // Only on the second look: if it was this process that stood still, messages are waiting.
    const stalled = late && overdue;
    overdue = late && !stalled;
    if (stalled) options.onStall();
  };
  const timer = setInterval(look, options.lookEveryMs);
  timer.unref();
  return {
    moved() {
      movedAt = performance.now();
    },
    end: () => clearInterval(timer),
  };
}

/** Processor time of all threads of a process; null where there is no /proc. */
export function readCpuMs(pid: number): number | null {
  try {
    // The name in parentheses may hold spaces; utime and stime are fields 14 and 15, in 1/100 s.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? ticks * 10 : null;
  } catch {
    return null;
  }
}
