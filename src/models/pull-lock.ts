import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { KakehashiError, isSystemError } from '../errors.js';

/** A holder that has not renewed its lock for so long is taken for dead. */
const staleMs = 15_000;
const askAgainMs = 250;

export type PullLock = AsyncDisposable & {
  /** Fires when the lock was lost, such as after the machine slept. */
  lost: AbortSignal;
};

/**
 * The right to write the unfinished files of one model, across processes. Waits for a holder to
 * finish, until `signal` fires.
 */
export async function lockForPull(path: string, signal: AbortSignal): Promise<PullLock> {
  const lost = new AbortController();
  for (;;) {
    try {
      const release = await lock(path, {
        realpath: false,
        stale: staleMs,
        lockfilePath: path,
        onCompromised: (cause) => {
          lost.abort(new KakehashiError('internal', 'The lock of a pull was lost.', { cause }));
        },
      });
      return {
        lost: lost.signal,
        // A lost lock belongs to somebody else by now; there is nothing of ours to release.
        [Symbol.asyncDispose]: () => (lost.signal.aborted ? Promise.resolve() : release()),
      };
    } catch (error) {
      if (!isSystemError(error, 'ELOCKED')) throw error;
      await sleep(askAgainMs, undefined, { signal });
    }
  }
}
