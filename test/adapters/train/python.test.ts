import { spawnSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPython, runPython } from '../../../src/adapters/train/python.js';
import { parseProgress } from '../../../src/adapters/train/train-adapter.js';

// A shell takes -u and a program, as Python does.
const run = (
  program: string,
  signal: AbortSignal,
  onLine: (line: string) => void = () => undefined,
) => runPython('sh', ['-c', program], { signal, onLine });

describe('runPython', () => {
  it('hands over each line as it comes, of both outputs', async () => {
    const lines: string[] = [];
    await run('echo one; echo two >&2', new AbortController().signal, (line) => lines.push(line));
    expect(lines.toSorted()).toEqual(['one', 'two']);
  });

  it('ends a program that is cancelled', async () => {
    const stop = new AbortController();
    const running = run('echo started; sleep 30', stop.signal, () => stop.abort());
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('shows the last lines of a program that failed', async () => {
    const failing = run(
      'echo first; echo "no space left" >&2; exit 3',
      new AbortController().signal,
    );
    await expect(failing).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('no space left'),
    });
  });
});

const hasVenv = spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;

describe('openPython', () => {
  it.runIf(hasVenv)('makes the environment once and uses it again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kakehashi-python-'));
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, '# nothing\n');
    const lines: string[] = [];
    const options = {
      signal: new AbortController().signal,
      onLine: (line: string) => lines.push(line),
    };
    const python = await openPython(join(folder, 'venv'), requirements, options);
    await runPython(python, ['-c', 'print("here")'], options);
    expect(lines.at(-1)).toBe('here');
    const before = lines.length;
    expect(await openPython(join(folder, 'venv'), requirements, options)).toBe(python);
    expect(lines).toHaveLength(before);
  });

  it.runIf(hasVenv)('says so when the packages cannot be had', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kakehashi-python-'));
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, './no-such-package\n');
    const options = { signal: new AbortController().signal, onLine: () => undefined };
    await expect(openPython(join(folder, 'venv'), requirements, options)).rejects.toMatchObject({
      code: 'model.download_failed',
    });
  });
});

describe('parseProgress', () => {
  it('reads a line of the trainer', () => {
    expect(parseProgress('step 3/123 words 0.512 gate 0.101 75 tokens/s, 12.3 min left')).toEqual({
      step: 3,
      steps: 123,
      loss: 0.613,
      minutesLeft: 12.3,
    });
  });

  it('leaves other lines alone', () => {
    expect(parseProgress('resumed at step 3 of 123')).toBeNull();
  });
});
