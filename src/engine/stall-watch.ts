/** Notices that something which should move does not. */

export type StallWatchOptions = {
  /** Longest time without a move at this moment, null while none is expected. */
  limitMs: () => number | null;
  lookEveryMs: number;
  onStall: () => void;
};

export type StallWatch = {
  moved(): void;
  end(): void;
};

/** The watch keeps no process alive. */
export function createStallWatch(options: StallWatchOptions): StallWatch {
  let movedAt = performance.now();
  let overdue = false;
  const look = (): void => {
    const limit = options.limitMs();
    const late = limit !== null && performance.now() - movedAt >= limit;
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
