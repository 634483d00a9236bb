import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCard } from '../../src/adapters/card.js';
import type { Example } from '../../src/adapters/data/shapes.js';
import { buildExamples } from '../../src/adapters/data/build-examples.js';
import { readData } from '../../src/adapters/data/read-data.js';
import { readGateSets } from '../../src/adapters/gates/sets.js';
import { SERVICE_PROMPTS } from '../../src/answer/training-prompts.js';

const root = join(import.meta.dirname, '../..');
const adaptersDir = join(root, 'adapters');

async function cardOf(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-card-'));
  await mkdir(join(folder, 'tiny'));
  await writeFile(join(folder, 'tiny/adapter.yaml'), text);
  return readCard(folder, 'tiny');
}

describe('readCard', () => {
  it('fills in what a card leaves out', async () => {
    const card = await cardOf(
      'version: 1.0.0\ndescription: {ja: 例, en: example}\nlicence: MIT\naccess: []\nneeds_passages: true\n',
    );
    expect(card.training.rank).toBe(8);
    expect(card.instruction).toBeNull();
  });

  it('names the setting that is wrong', async () => {
    await expect(cardOf('version: one\n')).rejects.toMatchObject({
      code: 'adapter.invalid',
      message: expect.stringContaining('version: such as 1.0.0'),
    });
  });

  it('says what to do where there is no card', async () => {
    await expect(readCard(adaptersDir, 'nobody')).rejects.toMatchObject({
      code: 'adapter.not_found',
    });
  });
});

describe('the adapters of the project', async () => {
  const entries = await readdir(adaptersDir, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    it(`${name} has a sound card and data, of which about a fifth is held out`, async () => {
      const card = await readCard(adaptersDir, name);
      const data = await readData(join(adaptersDir, name, 'data'));
      const { examples, report } = buildExamples(data, {
        prompts: SERVICE_PROMPTS,
        instruction: card.instruction,
        seed: 1,
        perLanguage: { ja: 3000, en: 3000 },
      });
      for (const lang of ['ja', 'en']) {
        const own = examples.filter((one) => one.lang === lang && one.kind !== 'plain');
        const groups = (some: readonly Example[]) => new Set(some.map(({ group }) => group)).size;
        const held = groups(own.filter(({ split }) => split === 'held')) / groups(own);
        expect(held).toBeGreaterThan(0.1);
        expect(held).toBeLessThan(0.4);
      }
      for (const { longest } of Object.values(report.characters))
        expect(longest).toBeLessThan(8000);
    });
  }
});

describe('the general sets of the gates', () => {
  it('are readable, in both languages, with right answers on every position', async () => {
    const { general, bias, injection } = await readGateSets(join(root, 'gates'));
    for (const lang of ['ja', 'en']) {
      expect(bias.filter((one) => one.lang === lang).length).toBeGreaterThan(30);
      expect(injection.filter((one) => one.lang === lang).length).toBeGreaterThan(20);
      const answers = general.filter((one) => one.lang === lang).map(({ answer }) => answer);
      expect(answers.length).toBeGreaterThan(90);
      expect(new Set(answers)).toEqual(new Set([0, 1, 2, 3]));
    }
  });
});
