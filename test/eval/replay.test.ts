import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answerer } from '../../src/answer/answerer.js';
import { type GoldQuestion, readGold } from '../../src/eval/gold.js';
import { replay } from '../../src/eval/replay.js';
import { formatShare, summarise } from '../../src/eval/report.js';
import type { Principal } from '../../src/store/passage.js';
import { response } from './response.js';

const questions: GoldQuestion[] = [
  { id: 'a', question: 'A?', lang: 'en', kind: 'document', answers: ['yes'], documents: ['d'] },
  { id: 'b', question: 'B?', lang: 'ja', kind: 'unanswerable', answers: [], documents: [] },
];

function counting(fail: (asked: number) => boolean = () => false) {
  const asked: string[] = [];
  const answerer = {
    answer: async (request: { question: string; mode: string }) => {
      if (fail(asked.length)) throw new Error('killed');
      asked.push(`${request.question} ${request.mode}`);
      return response();
    },
  } as unknown as Answerer;
  return { answerer, asked };
}

async function options() {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-eval-'));
  return {
    corpus: 'handbook',
    arms: ['auto', 'both:grounded'],
    principal: { id: 'p', access: [], readsAll: true },
    cacheFile: join(folder, 'cache', 'replay.jsonl'),
    fingerprint: () => 'f',
  };
}

describe('replay', () => {
  it('goes on where a killed run ended and asks nothing twice', async () => {
    const setup = await options();
    const killed = counting((asked) => asked === 3);
    await expect(replay(killed.answerer, questions, setup)).rejects.toThrow('killed');
    const resumed = counting();
    const results = await replay(resumed.answerer, questions, setup);
    expect(results).toHaveLength(4);
    expect(resumed.asked).toEqual(['B? both']);
  });

  it('makes an answer again when its line was cut in half', async () => {
    const setup = await options();
    await replay(counting().answerer, questions, setup);
    const lines = await readFile(setup.cacheFile, 'utf8');
    await writeFile(setup.cacheFile, lines.slice(0, -20));
    const again = counting();
    await replay(again.answerer, questions, setup);
    expect(again.asked).toHaveLength(1);
  });

  it('asks again in the arms that a change of models, index or adapters touches', async () => {
    const setup = await options();
    await replay(counting().answerer, questions, setup);
    const changed = counting();
    const fingerprint = (arm: string) => (arm === 'auto' ? 'g' : 'f');
    await replay(changed.answerer, questions, { ...setup, fingerprint });
    expect(changed.asked).toEqual(['A? auto', 'B? auto']);
  });

  it('asks again for another asker, and where the gold file was corrected', async () => {
    const setup = await options();
    const staff = { id: 'p', access: ['group:everyone', 'group:hr'], readsAll: false };
    await replay(counting().answerer, questions, { ...setup, principal: staff });
    const reordered = { ...staff, id: 'q', access: staff.access.toReversed() };
    const askedBy = async (principal: Principal, gold = questions) => {
      const again = counting();
      await replay(again.answerer, gold, { ...setup, principal });
      return again.asked.length;
    };
    expect(await askedBy(reordered)).toBe(0);
    expect(await askedBy({ ...staff, access: ['group:everyone'] })).toBe(4);
    expect(await askedBy({ ...staff, readsAll: true })).toBe(4);
    const corrected = (changes: Partial<GoldQuestion>) =>
      questions.map((one) => (one.id === 'a' ? { ...one, ...changes } : one));
    expect(await askedBy(staff, corrected({ answers: ['no'] }))).toBe(2);
    expect(await askedBy(staff, corrected({ documents: ['d', 'e'] }))).toBe(2);
  });

  it('reports per arm, language and kind with n', async () => {
    const results = await replay(counting().answerer, questions, await options());
    const report = summarise('handbook', results, []);
    const row = report.arms.find(({ arm, kind }) => arm === 'auto' && kind === 'unanswerable');
    expect(row).toMatchObject({ lang: 'ja', wrong: { share: 1, n: 1 } });
    expect(formatShare({ share: 0.5, low: 0.24, high: 0.76, n: 10 })).toBe('.50 [.24-.76] n=10');
  });
});

describe('readGold', () => {
  it('names line and fault of a wrong line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kakehashi-gold-'));
    const file = join(folder, 'gold.jsonl');
    await writeFile(file, `${JSON.stringify(questions[0])}\n{"id":"x"}\n`);
    await expect(readGold(file)).rejects.toThrow(/Line 2/u);
    await writeFile(file, `${JSON.stringify(questions[0])}\n${JSON.stringify(questions[0])}\n`);
    await expect(readGold(file)).rejects.toThrow(/twice/u);
    await expect(readGold(join(folder, 'none'))).rejects.toMatchObject({ code: 'request.invalid' });
  });
});
