import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readData, withSourcesOf } from '../../../src/adapters/data/read-data.js';

const source = (group: string) => ({
  id: `s-${group}`,
  lang: 'en',
  group,
  title: 'Rules',
  section: '',
  updated: null,
  text: `The rule of ${group}.`,
  qa: [{ kind: 'answer', question: `Which rule has ${group}?`, answer: 'This one.' }],
});

/** A folder of adapters: a reader that holds out `keys`, and a writer with a pair of its own. */
async function adaptersDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-data-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const rows = (of: readonly object[]) => of.map((row) => JSON.stringify(row)).join('\n');
  const files = {
    'reader/data/held.json': JSON.stringify({ ja: [], en: ['keys'] }),
    'reader/data/plain.jsonl': '',
    'reader/data/sources.en.jsonl': rows([source('parking'), source('keys')]),
    'writer/data/held.json': JSON.stringify({ ja: [], en: ['lamps'] }),
    'writer/data/pairs.en.jsonl': rows([
      { id: 'p-1', lang: 'en', group: 'lamps', question: 'It blinks.', answer: 'Thank you.' },
    ]),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe('withSourcesOf', () => {
  it('adds what another adapter reads, and none of what that one holds out', async () => {
    const folder = await adaptersDir();
    const own = await readData(join(folder, 'writer/data'));
    const data = await withSourcesOf(own, folder, ['reader']);
    expect(data.sources.map(({ group }) => group)).toEqual(['parking']);
    expect(data.files).toEqual(['pairs.en.jsonl', '../../reader/data/sources.en.jsonl']);
    expect([data.held, data.pairs]).toEqual([own.held, own.pairs]);
  });

  it('refuses an adapter that has nothing to read', async () => {
    const folder = await adaptersDir();
    const own = await readData(join(folder, 'reader/data'));
    await expect(withSourcesOf(own, folder, ['writer'])).rejects.toMatchObject({
      code: 'adapter.invalid',
    });
  });
});
