import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionFile } from '../../src/chat-policy.js';
import { decisionPaths, notLearnedFrom, reportInService } from '../../src/cli/decision-report.js';
import { loadConfig } from '../../src/config.js';
import type { DecisionFile } from '../../src/decision/learned.js';
import { partOf } from '../../src/eval/gold.js';
import { modelsDir, namedModels } from '../../src/knowledge.js';
import { pullModel } from '../../src/models/pull.js';
import { learnedOn } from '../decision/learned-on.js';
import { makeWorld } from '../eval/world.js';
import { sha256, tinyGguf } from '../models/tiny-models.js';

const rows = ['manuals', 'other'].flatMap((corpus) =>
  Array.from({ length: 20 }, (_, at) => ({ id: `${corpus}-${at}`, corpus })),
);

it('reports on no question that was learned from, and on all of a corpus that was not', () => {
  const reported = notLearnedFrom(rows, ['manuals']);
  expect(reported.filter(({ corpus }) => corpus === 'other')).toHaveLength(20);
  const learnedFrom = rows.filter((row) => row.corpus === 'manuals' && partOf(row) === 'fit');
  expect(learnedFrom.length).toBeGreaterThan(0);
  expect(reported).toHaveLength(rows.length - learnedFrom.length);
});

/** An installation with a chat model of its own, no adapters, and replayed questions. */
async function installation() {
  const directory = await mkdtemp(join(tmpdir(), 'kakehashi-report-'));
  const source = join(directory, 'own.gguf');
  const model = tinyGguf();
  await writeFile(source, model);
  const flags = { chat_model: `file:${source}`, chat_model_licence: 'MIT' };
  const config = loadConfig({ directory, environment: {}, flags });
  await pullModel(namedModels(config).chat, {
    modelsDir: modelsDir(config),
    hubEndpoint: 'http://127.0.0.1:1',
    allowLicences: ['MIT'],
  });
  const place = decisionPaths(config);
  await mkdir(place.folder, { recursive: true });
  const lines = makeWorld(40, 1).map((row) => `${JSON.stringify(row)}\n`);
  await writeFile(place.rows, lines.join(''));
  return {
    chatModel: sha256(model),
    reportOf: async (file: DecisionFile) => {
      await writeFile(decisionFile(config), JSON.stringify(file));
      const { signal } = new AbortController();
      return await reportInService(config, { risk: 0.5, signal });
    },
  };
}

describe('the decision in service', () => {
  it('is the rule where the file was learned on another chat model', async () => {
    const { chatModel, reportOf } = await installation();
    expect((await reportOf(learnedOn('b'.repeat(64)))).policy).toMatch(/^rule-/u);
    expect((await reportOf(learnedOn(chatModel))).policy).toBe('learned-here');
  });

  it('takes no arm of an adapter version that is not served', async () => {
    const { chatModel, reportOf } = await installation();
    const file = learnedOn(chatModel);
    file.learned.adapters = { grounded: '1'.repeat(64) };
    for (const { arms } of file.risks) {
      const [known] = Object.values(arms);
      if (known === undefined) continue;
      Object.assign(arms, { 'both:grounded': { ...known, good: { ...known.good, bias: 9 } } });
    }
    const { confusion } = await reportOf(file);
    expect(confusion.filter(({ chosen }) => chosen.endsWith('grounded'))).toEqual([]);
  });
});
