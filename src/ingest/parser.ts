import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readCpuMs } from '../engine/stall-watch.js';
import {
  abortError,
  fromPlainError,
  KakehashiError,
  type PlainError,
  throwIfAborted,
} from '../errors.js';
import type { ReadResult } from './reader.js';

export type ParseRequest = { id: number; file: string; path: string; reader: string };
export type ParseReply =
  | { id: number; result: ReadResult }
  /** What the reader threw; null for anything that is no error of ours. */
  | { id: number; failed: PlainError | null };

export type ParserOptions = {
  /** Processor time for one file. Defaults to 60,000. */
  cpuLimitMs?: number;
  /** Time for one file on a machine where others want the processor. Defaults to 15 minutes. */
  wallLimitMs?: number;
  /** Memory of the process in MB. Defaults to 1024. */
  memoryMb?: number;
  workerFile?: string;
};

/** Reads files in a process of its own, which is replaced when it dies, hangs or grows too large. */
export type Parser = AsyncDisposable & {
  /** Errors: those of the reader; `ingest.read_failed` when the process died of the file; `cancelled`. */
  parse(
    request: Omit<ParseRequest, 'id'>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<ReadResult>;
};

const LOOK_EVERY_MS = 200;

export function createParser(options: ParserOptions = {}): Parser {
  const { cpuLimitMs = 60_000, wallLimitMs = 15 * 60_000, memoryMb = 1024 } = options;
  const workerFile =
    options.workerFile ?? fileURLToPath(new URL('./parse-worker.js', import.meta.url));
  let child: ChildProcess | null = null;
  let ids = 0;

  function worker(): ChildProcess {
    if (child?.connected === true) return child;
    child = fork(workerFile, [], {
      execArgv: [`--max-old-space-size=${memoryMb}`],
      // Nothing of the environment is the file's business.
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // Without a listener it would end the run; whoever waits for an answer sees the exit.
    child.on('error', () => undefined);
    return child;
  }

  function replace(): void {
    child?.kill('SIGKILL');
    child = null;
  }

  async function parse(
    request: Omit<ParseRequest, 'id'>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<ReadResult> {
    throwIfAborted(signal);
    // The process may have died after the last file, and is then replaced.
    const reply = (await ask(request, signal)) ?? (await ask(request, signal));
    if (reply === null) throw died('the process that reads it does not start');
    if ('result' in reply) return reply.result;
    if (reply.failed === null) throw died('the reader failed on it');
    throw fromPlainError(reply.failed);
  }

  /** The answer of the process; null when the request did not reach it. */
  async function ask(
    request: Omit<ParseRequest, 'id'>,
    signal: AbortSignal | undefined,
  ): Promise<ParseReply | null> {
    const at = worker();
    const id = ++ids;
    let stop: () => void = () => undefined;
    let isSound = false;
    try {
      const reply = await new Promise<ParseReply | null>((resolve, reject) => {
        const onMessage = (message: ParseReply) => {
          if (message.id === id) resolve(message);
        };
        const onExit = () => reject(died('it ended the process that read it'));
        const onAbort = () =>
          reject(signal === undefined ? new Error('not cancelled') : abortError(signal));
        const usedMs = stopwatch(at.pid);
        const timer = setTimeout(
          () => reject(died(`reading took longer than ${wallLimitMs / 60_000} min`)),
          wallLimitMs,
        );
        const watch = setInterval(() => {
          if (usedMs() > cpuLimitMs) {
            reject(died(`reading took more than ${cpuLimitMs / 1000} s of processor time`));
          }
          // The heap has its own limit; typed arrays and native memory have none.
          if (residentMb(at.pid) > 2 * memoryMb) reject(died('reading took too much memory'));
        }, LOOK_EVERY_MS);
        at.on('message', onMessage);
        at.once('exit', onExit);
        signal?.addEventListener('abort', onAbort, { once: true });
        stop = () => {
          clearTimeout(timer);
          clearInterval(watch);
          at.off('message', onMessage);
          at.off('exit', onExit);
          signal?.removeEventListener('abort', onAbort);
        };
        at.send({ ...request, id } satisfies ParseRequest, (error) => {
          if (error !== null) resolve(null);
        });
      });
      isSound = reply !== null && ('result' in reply || reply.failed !== null);
      return reply;
    } finally {
      stop();
      // It died, hangs, or is still at work on what nobody waits for.
      if (!isSound) replace();
    }
  }

  return {
    parse,
    [Symbol.asyncDispose]: () => {
      replace();
      return Promise.resolve();
    },
  };
}

function died(how: string): KakehashiError {
  return new KakehashiError('ingest.read_failed', `The file could not be read: ${how}.`, {
    remedy: 'Save it again from its original, or as text.',
  });
}

/** Processor time that a process uses from now on; where that cannot be told, all time. */
function stopwatch(pid: number | undefined): () => number {
  const started = performance.now();
  const before = pid === undefined ? null : readCpuMs(pid);
  if (pid === undefined || before === null) return () => performance.now() - started;
  // Null: it has ended, and its exit is on the way.
  return () => (readCpuMs(pid) ?? before) - before;
}

/** Resident memory of a process; 0 where it cannot be told. */
function residentMb(pid: number | undefined): number {
  if (pid === undefined || process.platform !== 'linux') return 0;
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * 4096) / 1024 / 1024;
  } catch {
    return 0;
  }
}
