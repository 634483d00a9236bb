import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';
import { fromPlainError, type KakehashiError, type PlainError, throwIfAborted } from './errors.js';

export type IndexRequest = { config: Config };
/** How one corpus went. */
export type IndexMessage = { corpus: string; failure: PlainError | null };

export type ApartOptions = {
  signal: AbortSignal;
  /** Called after each corpus, with what kept it from its new version. */
  onEnd: (corpus: string, error: KakehashiError | null) => unknown;
};

/** Longest wait for a run that was told to stop; what it wrote is whole at any moment. */
const STOP_MS = 10_000;

/**
 * Brings all corpora up to date as `indexEach` does, in a process of its own, with an embedding
 * model of its own, that stands back (stand-back.ts): answers go on meanwhile, and the service
 * sees a version when it is published. Errors: `cancelled`; any other when the process ended before
 * its time.
 */
export async function bringUpToDateApart(
  config: Config,
  { signal, onEnd }: ApartOptions,
  workerFile = fileURLToPath(new URL('./index-worker.js', import.meta.url)),
): Promise<void> {
  throwIfAborted(signal);
  const child = fork(workerFile, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let kill: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  // In turn: what is told of one corpus is done before the next, and before the end.
  let told: Promise<unknown> = Promise.resolve();
  child.on('message', ({ corpus, failure }: IndexMessage) => {
    told = told.then(() => onEnd(corpus, failure && fromPlainError(failure)));
  });
  try {
    // The last messages may come after the exit, and before the channel closes.
    const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
    child.send({ config } satisfies IndexRequest);
    const [[code]] = (await ended) as [[number | null], []];
    await told;
    throwIfAborted(signal);
    if (code !== 0) throw new Error(`The process of the index ended with ${code}.`);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(kill);
  }
}
