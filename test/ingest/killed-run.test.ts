import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/bench/kill-index.mjs');

/** One kill in each phase; the script makes as many as it is asked for. */
test('runs that are killed leave whole versions to readers, and the next ones go on', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    '--times',
    '6',
    '--documents',
    '12',
    '--json',
  ]);
  const found = JSON.parse(stdout) as Record<string, unknown>;
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
