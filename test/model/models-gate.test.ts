import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GateReport } from '../../src/adapters/gates/report.js';
import { modelsDir, openPlace, root, settingsIn, starter } from './place.js';

const folder = openPlace('models-gate');
const merged = join(folder, 'merged.gguf');
/** Questions of each general set: the way is tried here, not the model. */
const QUESTIONS = 3;

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], {
    cwd: root,
    env: {
      ...settingsIn(folder),
      KAKEHASHI_GATES: join(folder, 'gates'),
      KAKEHASHI_CHAT_MODEL_LICENCE: 'Apache-2.0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

/** The starter model with another description: the same answers under another checksum. */
function writeMerged(): string {
  const own = readdirSync(modelsDir).find(
    (name) => name.startsWith(starter.name) && name.endsWith('.gguf'),
  );
  const file = readFileSync(join(modelsDir, own ?? ''));
  const at = file.indexOf('general.name');
  // Key, type of the value (4 bytes), length of the string (8 bytes), then its letters.
  const letter = at + 'general.name'.length + 4 + 8;
  file[letter] = (file[letter] ?? 0) ^ 1;
  writeFileSync(merged, file);
  return createHash('sha256').update(file).digest('hex');
}

beforeAll(async () => {
  mkdirSync(join(folder, 'corpora'));
  mkdirSync(join(folder, 'gates'));
  for (const name of readdirSync(join(root, 'gates'))) {
    const lines = readFileSync(join(root, 'gates', name), 'utf8').split('\n');
    writeFileSync(join(folder, 'gates', name), `${lines.slice(0, QUESTIONS).join('\n')}\n`);
  }
  await command('models', 'pull');
});

afterAll(() => {
  for (const name of readdirSync(modelsDir)) {
    if (name.startsWith('merged-')) rmSync(join(modelsDir, name));
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('models gate', () => {
  it('measures a model of one’s own against the base and keeps the table beside it', async () => {
    const sha256 = writeMerged();
    const name = `file:${merged}`;
    expect((await command('models', 'pull', name)).code).toBe(0);

    const args = [name, '--base', starter.name, '--limit', '4', '--json'];
    const { code, output } = await command('models', 'gate', ...args);
    const report = GateReport.parse(JSON.parse(output));
    expect(report.candidateSha256).toBe(sha256);
    expect(code).toBe(report.passed ? 0 : 3);
    const gates = new Set(report.rows.map(({ gate }) => gate));
    expect([...gates]).toEqual(
      expect.arrayContaining(['forgetting', 'bias', 'injection', 'speed']),
    );
    // The weights are the same, and so is what is said.
    const answers = report.rows.filter(({ gate }) => gate !== 'speed');
    expect(answers.map(({ candidate }) => candidate)).toEqual(answers.map(({ base }) => base));
    const kept = readdirSync(modelsDir).filter((one) => one.endsWith('.gates.json'));
    expect(kept).toContainEqual(expect.stringMatching(/^merged-/u));
  });

  it('refuses to measure a model against itself', async () => {
    const { code } = await command('models', 'gate', starter.name, '--base', starter.name);
    expect(code).toBe(2);
  });
});
