import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { goldOf, requireGold } from '../../src/cli/corpus-gold.js';
import { type Config, loadConfig } from '../../src/config.js';

let config: Config;
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kakehashi-gold-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  config = loadConfig({ directory, environment: {} });
});

async function makeCorpus(folder: string, name?: string): Promise<void> {
  const dir = join(config.corpora, folder);
  await mkdir(join(dir, 'documents'), { recursive: true });
  if (name !== undefined) await writeFile(join(dir, 'corpus.yaml'), `name: ${name}\n`);
  const question = { question: '?', lang: 'en', kind: 'general', answers: [], documents: [] };
  await writeFile(join(dir, 'gold.jsonl'), JSON.stringify({ id: folder, ...question }));
}

describe('the gold questions of a corpus', () => {
  it('are found by its name, whatever its folder is called', async () => {
    await makeCorpus('HR Manuals');
    await makeCorpus('2025', 'terms');
    for (const read of [goldOf, requireGold]) {
      const idsOf = async (corpus: string) =>
        (await read(config, corpus, undefined)).map(({ id }) => id);
      expect(await idsOf('hr-manuals')).toEqual(['HR Manuals']);
      expect(await idsOf('terms')).toEqual(['2025']);
    }
  });

  it('are none of a corpus that lies elsewhere, also where a folder has its name', async () => {
    await makeCorpus('terms', 'terms-of-2025');
    expect(await goldOf(config, 'terms')).toEqual([]);
    await expect(requireGold(config, 'terms', undefined)).rejects.toMatchObject({
      code: 'request.invalid',
      remedy: expect.stringContaining('--gold'),
    });
  });
});
