import { appendFile, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Case, GateCases } from '../../../src/adapters/gates/cases.js';
import { DEFAULT_LIMITS } from '../../../src/adapters/gates/judge.js';
import { openKeptAnswers } from '../../../src/adapters/gates/kept-answers.js';
import { runGates } from '../../../src/adapters/gates/run-gates.js';
import { noSets } from '../../../src/adapters/gates/sides.js';
import type { Engine } from '../../../src/engine/engine.js';
import { createFakeEngine } from '../../../src/engine/fake.js';
import { auroc } from '../../../src/eval/auroc.js';
import { example } from './said.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-gates-'));
});
afterEach(() => rm(folder, { recursive: true }));

const caseOf = (question: string): Case => ({
  messages: [{ role: 'user', content: question }],
  maxTokens: 8,
  options: ['UNKNOWN'],
  answers: [],
  answerSchema: null,
});
const cases: GateCases = {
  ...noSets(),
  held: ['one', 'two', 'three'].map((question) => ({
    example: example('answer', 'The fee is 40 yen. [1]'),
    case: caseOf(question),
  })),
};

/** Gates with an engine that counts, and dies at the answer `failAt`. */
async function run({ failAt = Number.POSITIVE_INFINITY } = {}) {
  const fake = createFakeEngine({
    adapters: ['candidate'],
    answer: () => 'The fee is 40 yen. [1]',
  });
  const asked: (string | null)[] = [];
  const engine: Engine = {
    ...fake,
    generate: (request, options) => {
      if (asked.length === failAt) return Promise.reject(new Error('killed'));
      asked.push(request.adapter);
      return fake.generate(request, options);
    },
  };
  const kept = await openKeptAnswers(join(folder, 'kept.jsonl'));
  const report = await runGates(cases, {
    base: { engine, adapter: null },
    inService: null,
    candidate: { engine, adapter: 'candidate' },
    candidateSha256: 'c',
    baseSha256: 'b',
    kept,
    limits: DEFAULT_LIMITS,
    statistics: { auroc, interval: (sample, measure) => [measure(sample), measure(sample)] },
    holds: (answer, known) => answer.includes(known),
    now: () => new Date('2025-04-01T00:00:00Z'),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  }).catch((error: Error) => error);
  return { report, asked, kept };
}

describe('runGates', () => {
  it('asks base and candidate in turn at each case', async () => {
    const { asked } = await run();
    expect(asked).toEqual([null, 'candidate', null, 'candidate', null, 'candidate']);
  });

  it('goes on where a killed run ended, and comes to the same report', async () => {
    const whole = await run();
    await rm(join(folder, 'kept.jsonl'));
    const killed = await run({ failAt: 3 });
    expect(killed.report).toBeInstanceOf(Error);
    // The kill may have left half a line.
    await appendFile(join(folder, 'kept.jsonl'), '{"key":"');
    const resumed = await run();
    expect(resumed.asked).toEqual(['candidate', null, 'candidate']);
    const figures = ({ report }: typeof whole) =>
      'rows' in report ? report.rows.filter(({ gate }) => gate !== 'speed') : report;
    expect(figures(resumed)).toEqual(figures(whole));
  });

  it('asks nothing twice, and removes what was kept a month ago', async () => {
    await run();
    const old = join(folder, 'old.jsonl');
    await writeFile(old, '');
    await utimes(old, 0, 0);
    expect((await run()).asked).toEqual([]);
    expect(await readdir(folder)).toEqual(['kept.jsonl']);
  });
});
