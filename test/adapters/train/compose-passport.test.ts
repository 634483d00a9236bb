import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AdapterCard } from '../../../src/adapters/card.js';
import { composePassport } from '../../../src/adapters/train/compose-passport.js';

it('names all data that a further trained adapter learned, and tells of each training', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-passport-'));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'adapter.gguf'), 'weights');
  for (const name of ['old.jsonl', 'new.jsonl']) {
    await writeFile(join(folder, 'data', name), '{"id": "1"}\n{"id": "2"}\n');
  }
  const { data, history, gates } = await composePassport({
    name: 'reader',
    card: AdapterCard.parse({
      version: '1.1.0',
      description: { ja: '読む', en: 'Reads' },
      licence: 'Apache-2.0',
      access: ['group:everyone'],
      needs_passages: true,
      training: { strength: 0.5 },
    }),
    base: { name: 'base', sha256: 'a'.repeat(64), licence: 'Apache-2.0' },
    file: { path: join(folder, 'adapter.gguf'), bytes: 7 },
    dataDir: join(folder, 'data'),
    dataFiles: ['new.jsonl', 'old.jsonl'],
    report: { counts: { 'train ja answer': 2, 'held en answer': 1 }, characters: {}, nearHeld: [] },
    lineage: [],
    record: { settings: {}, steps: 5, seconds: 61, examples: 40, evaluations: [] },
    promptVersion: '2',
    history: [{ at: '2025-01-01', event: '1.0.0 trained' }],
    training: { from: '1.0.0', files: ['new.jsonl'] },
    at: '2025-02-01',
  });
  expect(data.files.map(({ path, examples }) => [path, examples])).toEqual([
    ['data/new.jsonl', 2],
    ['data/old.jsonl', 2],
  ]);
  // Another file's held rows are measured on, not learned.
  expect(data.languages).toEqual(['ja']);
  expect(history).toEqual([
    { at: '2025-01-01', event: '1.0.0 trained' },
    {
      at: '2025-02-01',
      event:
        '1.1.0 trained further from 1.0.0 on 40 examples of new.jsonl (5 steps, 2 min), taken at 0.5 of its strength',
    },
  ]);
  expect(gates).toBeNull();
});
