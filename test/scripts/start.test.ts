import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';

const start = join(import.meta.dirname, '../../scripts/start.mjs');

/** Names each signal that it gets, and ends a while after the first. */
const SERVER = `
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    console.log(signal);
    setTimeout(() => process.exit(0), 1000);
  });
}
setInterval(() => undefined, 1000);
console.log('started by ' + process.ppid + '.');
`;

/** A clone whose set-up and build do nothing and whose server is the one above. */
function clone(): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(join(tmpdir(), 'kakehashi-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['scripts', 'src', 'dist', 'bin']) mkdirSync(join(folder, name));
  cpSync(start, join(folder, 'scripts/start.mjs'));
  writeFileSync(join(folder, 'scripts/setup.mjs'), 'export function stop() {}\n');
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.build.json']) {
    writeFileSync(join(folder, name), '{}');
  }
  writeFileSync(join(folder, 'dist/cli.js'), SERVER);
  writeFileSync(join(folder, 'bin/npm'), '#!/bin/sh\n');
  chmodSync(join(folder, 'bin/npm'), 0o755);
  const path = [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter);
  return { folder, env: { ...process.env, PATH: path } };
}

/** What the server named; `interrupt` is told the process that started it. */
async function signalsOf(
  child: ChildProcess,
  interrupt: (starter: number) => unknown,
): Promise<string[]> {
  let output = '';
  const ended = once(child, 'close');
  const starter = await new Promise<number>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /started by (\d+)\./u.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  await interrupt(starter);
  expect(await ended).toEqual([0, null]);
  return output.match(/SIG\w+/gu) ?? [];
}

describe('npm start', () => {
  // `script` of util-linux opens a terminal; other systems have another one of that name or none.
  it.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))(
    'lets Ctrl-C in a terminal reach the server once',
    async () => {
      const { folder, env } = clone();
      // A shell that stays beside what it runs would itself end at Ctrl-C.
      const line = `exec '${process.execPath}' '${join(folder, 'scripts/start.mjs')}'`;
      const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], { env });
      const signals = await signalsOf(child, async (starter) => {
        // The starter gets its part before the terminal sends both theirs: two at one moment may
        // reach the server as one.
        process.kill(starter, 'SIGINT');
        await sleep(300);
        child.stdin.write('\u0003');
      });
      expect(signals).toEqual(['SIGINT']);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on without a terminal', async (signal) => {
    const { folder, env } = clone();
    const child = spawn(process.execPath, [join(folder, 'scripts/start.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const signals = await signalsOf(child, (starter) => process.kill(starter, signal));
    expect(signals).toEqual([signal]);
  });
});
