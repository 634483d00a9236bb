/**
 * Who may use which slot (a sequence with its key-value cache), one answer at a time. The library
 * throws when sequences run out; here callers wait in order of arrival, up to a limit.
 */
import { abortError, KakehashiError } from '../errors.js';

export type SlotState = {
  /** Tokens of the new prompt that the slot already holds. */
  overlap: number;
  /** Number of the last lease, 0 when never used. */
  lastUsed: number;
};

/** Index of the slot to take: longest common prefix first, then the one unused for longest. */
export function chooseSlot(slots: readonly SlotState[]): number {
  let best = 0;
  slots.forEach((slot, index) => {
    const chosen = slots[best];
    if (chosen === undefined) return;
    const longer = slot.overlap > chosen.overlap;
    const older = slot.overlap === chosen.overlap && slot.lastUsed < chosen.lastUsed;
    if (longer || older) best = index;
  });
  return best;
}

export type Lease<Slot> = { slot: Slot; release: () => void };

export type LeaseQueueOptions<Slot> = {
  slots: readonly Slot[];
  /** Callers that may wait at once. */
  queueLimit: number;
};

export type LeaseQueue<Slot> = {
  /**
   * A free slot, at once or when one is given back. `overlap` says how many tokens of the caller's
   * prompt a slot holds. Errors: `engine.busy` when the queue is full, the abort's own error.
   */
  acquire(overlap: (slot: Slot) => number, signal: AbortSignal): Promise<Lease<Slot>>;
  waiting(): number;
};

export function createLeaseQueue<Slot>(options: LeaseQueueOptions<Slot>): LeaseQueue<Slot> {
  const free = options.slots.map((slot) => ({ slot, lastUsed: 0 }));
  const queue: { overlap: (slot: Slot) => number; grant: (lease: Lease<Slot>) => void }[] = [];
  let leases = 0;

  function takeFree(overlap: (slot: Slot) => number): Lease<Slot> | null {
    if (free.length === 0) return null;
    const index = chooseSlot(
      free.map(({ slot, lastUsed }) => ({ overlap: overlap(slot), lastUsed })),
    );
    const [entry] = free.splice(index, 1);
    if (entry === undefined) return null;
    leases += 1;
    entry.lastUsed = leases;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      free.push(entry);
      const next = queue.shift();
      const lease = next === undefined ? null : takeFree(next.overlap);
      if (lease !== null) next?.grant(lease);
    };
    return { slot: entry.slot, release };
  }

  return {
    waiting: () => queue.length,
    acquire(overlap, signal) {
      if (signal.aborted) return Promise.reject(abortError(signal));
      const lease = takeFree(overlap);
      if (lease !== null) return Promise.resolve(lease);
      if (queue.length >= options.queueLimit) {
        return Promise.reject(
          new KakehashiError('engine.busy', 'Too many answers are being written.', {
            remedy: 'Try again in a moment.',
            detail: { waiting: queue.length, queueLimit: options.queueLimit },
          }),
        );
      }
      return new Promise((resolve, reject) => {
        const entry = {
          overlap,
          grant: (granted: Lease<Slot>): void => {
            signal.removeEventListener('abort', leave);
            resolve(granted);
          },
        };
        const leave = (): void => {
          const index = queue.indexOf(entry);
          if (index >= 0) queue.splice(index, 1);
          reject(abortError(signal));
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(entry);
      });
    },
  };
}
