import { abortError, KakehashiError, throwIfAborted } from '../errors.js';

/** Runs pieces of work, a fixed number at once, the rest in line. */
export type Slots = <T>(
  work: () => Promise<T>,
  options?: { signal?: AbortSignal | undefined },
) => Promise<T>;

/**
 * At most `slots` at once and `queueLimit` waiting, first come first served; beyond that
 * `engine.busy`, as for any other request that came when too many did. Work that has begun keeps
 * its slot until it ends, also when its caller has given up: the native query goes on.
 */
export function createSlots(slots: number, queueLimit: number): Slots {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function take(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    if (running < slots) {
      running++;
      return;
    }
    if (waiting.length >= queueLimit) {
      throw new KakehashiError('engine.busy', 'Too many searches at once.', {
        remedy: 'Try again in a moment.',
        detail: { running, waiting: waiting.length },
      });
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        if (signal) reject(abortError(signal));
      };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(enter);
    });
  }

  function give(): void {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }

  return async (work, { signal } = {}) => {
    await take(signal);
    const running = work().finally(give);
    return signal ? await abandonable(running, signal) : await running;
  };
}

function abandonable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abandon = () => reject(abortError(signal));
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
