import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { abortError, isSystemError, KakehashiError, throwIfAborted } from '../../errors.js';

export type PythonOptions = {
  signal: AbortSignal;
  onLine: (line: string) => void;
};

/** Last lines of what failed that are shown; a traceback ends in its reason. */
const SHOWN_LINES = 3;

/**
 * The interpreter of the training environment, which is made on the first call and kept: about 6 GB
 * of packages, some minutes. Errors: `model.source_missing` without Python, `model.download_failed`
 * when the packages cannot be fetched, `cancelled`.
 */
export async function openPython(
  folder: string,
  requirementsFile: string,
  options: PythonOptions,
): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const stampFile = join(folder, '.requirements');
  const hash = createHash('sha256')
    .update(await readFile(requirementsFile))
    .digest('hex');
  const stamp = await readFile(stampFile, 'utf8').catch(() => '');
  if (stamp === hash) return python;
  await mkdir(folder, { recursive: true });
  await rm(stampFile, { force: true });
  await runPython('python3', ['-m', 'venv', folder], options).catch((error: unknown) => {
    throw failed(error, 'model.source_missing', 'Python 3 with venv is needed for training.', {
      remedy: 'Install Python 3.10 or newer with its venv module.',
    });
  });
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirementsFile];
  await runPython(python, install, options).catch((error: unknown) => {
    throw failed(error, 'model.download_failed', 'The training packages could not be installed.', {
      remedy: 'Check the network and 8 GB of free disk, then run this again.',
    });
  });
  await writeFile(stampFile, hash);
  return python;
}

/**
 * Runs a Python program to its end; its lines go to `onLine`. Aborting ends it: a training run goes
 * on from its last checkpoint. Errors: `internal` with its last lines, `cancelled`.
 */
export async function runPython(
  python: string,
  args: readonly string[],
  { signal, onLine }: PythonOptions,
): Promise<void> {
  throwIfAborted(signal);
  // Unbuffered, or progress would come in blocks.
  const child = spawn(python, ['-u', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: pip and the compilers it starts end with it.
    detached: true,
  });
  const last: string[] = [];
  const hear = (line: string) => {
    last.push(line);
    if (last.length > SHOWN_LINES) last.shift();
    onLine(line);
  };
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);
  const stop = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch (error) {
      // It ended by itself a moment before.
      if (!isSystemError(error, 'ESRCH')) throw error;
    }
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | null>((ended, notStarted) => {
      child.once('error', notStarted);
      child.once('close', ended);
    });
    if (signal.aborted) throw abortError(signal);
    if (code === 0) return;
    throw new KakehashiError('internal', `The program ended with ${code}: ${last.join(' / ')}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function failed(
  error: unknown,
  code: 'model.source_missing' | 'model.download_failed',
  message: string,
  { remedy }: { remedy: string },
): unknown {
  if (error instanceof KakehashiError && error.code === 'cancelled') return error;
  const detail = error instanceof KakehashiError ? ` ${error.message}` : '';
  const why = isSystemError(error, 'ENOENT') ? ' It was not found.' : detail;
  return new KakehashiError(code, `${message}${why}`, { remedy, cause: error });
}
