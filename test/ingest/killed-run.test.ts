import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/bench/kill-index.mjs');

/** One kill in each phase; the script makes as many as it is asked for. */
test('runs that are killed leave whole versions to readers, and the next ones go on', async () => {
  const child = spawn(process.execPath, [script, '--times', '6', '--documents', '12', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complained, ended] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect({ said, complained, ended }).toMatchObject({ complained: '', ended: [0, null] });
  const found = JSON.parse(said) as Record<string, unknown>;
  expect(found).toMatchObject({
    kills: 6,
    unreadable: 0,
    mixed: 0,
    duplicates: 0,
    different: 0,
    textless: 0,
  });
  expect(found['searches']).toBeGreaterThan(50);
}, 300_000);
