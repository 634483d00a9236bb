import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { z } from 'zod';
import { isSystemError, KakehashiError, throwIfAborted } from '../errors.js';

const ASK_AGAIN_MS = 250;

const Holder = z.object({ pid: z.int(), host: z.string(), since: z.string() });
type Holder = z.infer<typeof Holder>;

export type WriterLock = {
  /** Fires when the lease was lost, such as after the machine slept. */
  lost: AbortSignal;
  release(): Promise<void>;
};

/**
 * The right to write one corpus, across processes. It does not wait for a living holder; after one
 * that was killed on this machine it waits until the lease has run out.
 *
 * Errors: `store.locked` naming the holder's process and since when; `cancelled`; those of the file system.
 */
export async function lockForWriting(
  folder: string,
  corpus: string,
  options: {
    /** A holder that has not renewed its lease for so long is taken for dead; from 2,000. */
    leaseMs: number;
    signal?: AbortSignal | undefined;
  },
): Promise<WriterLock> {
  const lost = new AbortController();
  const holderFile = join(folder, 'writer.json');
  const giveUpAt = Date.now() + options.leaseMs + 5_000;
  for (;;) {
    try {
      const release = await lock(folder, {
        lockfilePath: join(folder, 'writer.lock'),
        stale: options.leaseMs,
        onCompromised: (cause) => lost.abort(lockedBy(corpus, null, cause)),
      });
      try {
        await writeHolder(holderFile);
      } catch (error) {
        // Its lease would be renewed for as long as this process lives.
        await release();
        throw error;
      }
      return {
        lost: lost.signal,
        // A lost lease belongs to somebody else by now; there is nothing of ours to release.
        release: () => (lost.signal.aborted ? Promise.resolve() : release()),
      };
    } catch (error) {
      if (!isSystemError(error, 'ELOCKED')) throw error;
      const holder = await readHolder(holderFile);
      const gone = holder !== null && holder.host === hostname() && !isAlive(holder.pid);
      if (!gone || Date.now() > giveUpAt) throw lockedBy(corpus, holder, error);
      await sleep(ASK_AGAIN_MS, undefined, { signal: options.signal }).catch(() =>
        throwIfAborted(options.signal),
      );
    }
  }
}

async function writeHolder(file: string): Promise<void> {
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  await writeFile(file, JSON.stringify(holder));
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null; // between taking the lock and writing the file, or half written
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

function lockedBy(corpus: string, holder: Holder | null, cause: unknown): KakehashiError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  const since = holder === null ? '' : ` since ${holder.since}`;
  return new KakehashiError(
    'store.locked',
    `The corpus "${corpus}" is being indexed by ${who}${since}.`,
    {
      remedy: 'Wait until it has finished, or end it.',
      detail: holder === null ? { corpus } : { corpus, ...holder },
      cause,
    },
  );
}
