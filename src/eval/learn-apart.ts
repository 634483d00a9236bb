import { Worker } from 'node:worker_threads';
import { abortError, throwIfAborted } from '../errors.js';
import type { Learned, LearnRequest } from './learn.js';

/**
 * Learns as `learn` does, in a thread of its own and of low priority: answers, and withdrawals of
 * adapters, go on meanwhile. The thread has ended when this has. Errors: `cancelled`; any other when the
 * thread failed.
 */
export async function learnApart(
  request: LearnRequest,
  { signal }: { signal?: AbortSignal | undefined } = {},
  workerFile = new URL('./learn-worker.js', import.meta.url),
): Promise<Learned> {
  throwIfAborted(signal);
  const worker = new Worker(workerFile, { workerData: request });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<Learned>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(
          signal?.aborted === true
            ? abortError(signal)
            : new Error(`The thread that learned ended with ${code}.`),
        );
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
