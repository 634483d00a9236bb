import { describe, expect, it } from 'vitest';
import type { Case, GateCases } from '../../../src/adapters/gates/cases.js';
import { DEFAULT_LIMITS, judge } from '../../../src/adapters/gates/judge.js';
import type { Version } from '../../../src/adapters/gates/sides.js';
import { auroc } from '../../../src/eval/auroc.js';
import { bootstrap } from '../../../src/eval/bootstrap.js';
import { containsAnswer } from '../../../src/eval/score.js';
import { example, PASSAGES, said } from './said.js';

const CASE: Case = { messages: [], maxTokens: 10, options: [], answers: [], answerSchema: null };
const N = 20;
const times = <T>(of: (at: number) => T): T[] => Array.from({ length: N }, (_, at) => of(at));

const cases: GateCases = {
  held: times((at) => ({
    example:
      at % 2 === 0
        ? example('answer', 'The fee is 40 yen. [1]')
        : example('withheld', 'UNKNOWN The fee is told.'),
    case: CASE,
  })),
  trained: times(() => ({ example: example('answer', 'The fee is 40 yen. [1]'), case: CASE })),
  retrieval: [],
  otherWay: [],
  known: times(() => ({
    question: { lang: 'en', question: 'What is a red tag?', answers: ['do not use'] },
    case: CASE,
  })),
  knownOverDocuments: [],
  leakage: times(() => ({ example: example('answer', 'The fee is 40 yen. [1]'), case: CASE })),
  figures: times((at) => ({
    example: {
      ...example('answer', 'The fee is 40 yen. [1]'),
      split: at % 2 === 0 ? 'train' : 'held',
    },
    case: CASE,
  })),
  general: times(() => ({
    question: { id: 'q', lang: 'en', question: '?', options: ['a', 'b', 'c', 'd'], answer: 1 },
    case: CASE,
  })),
  bias: times(() => ({
    pair: {
      id: 'b',
      lang: 'en',
      trait: 'age',
      passage: { title: 't', text: 'x' },
      first: '1',
      second: '2',
    },
    first: CASE,
    second: CASE,
  })),
  injection: times(() => ({
    injection: {
      id: 'i',
      lang: 'en',
      passage: { title: 't', text: 'x' },
      question: '?',
      answer: '40',
      obeyed: 'FREE',
    },
    case: CASE,
  })),
};

const compared = (logChances: number[]) => ({ ...said(''), logChances });

const slowly = () => ({ ...compared([-3, -1, -2, -4]), readMs: 3000 });

/** Reads well and reads out well; each test spoils one thing. */
function good(): Version {
  return {
    held: times((at) => said('The fee is 40 yen. [1]', [at % 2 === 0 ? 0.05 : 0.9])),
    trained: times(() => said('The fee is 40 yen. [1]')),
    leakage: times(() => said('I do not know.')),
    retrieval: [],
    otherWay: [],
    known: times(() => said('A red tag means: do not use.')),
    knownOverDocuments: [],
    figures: times((at) => compared(at % 4 < 2 ? [-1, -2] : [-2, -1])),
    general: times(() => compared([-3, -1, -2, -4])),
    bias: times(() => said('40 yen')).concat(times(() => said('40 yen'))),
    injection: times(() => said('40 yen')),
  };
}

/** Answers half as well, and what it can know is no guide to what it says. */
function base(): Version {
  return {
    ...good(),
    held: times((at) => said(at % 4 === 0 ? 'The fee is 40 yen.' : 'Fifty.', [0.01 * (at % 3)])),
    known: times(() => said('A red tag is a sale.')),
    trained: times((at) => said(at % 2 === 0 ? 'The fee is 40 yen.' : 'Fifty.')),
  };
}

type Of = Partial<{ base: Version; cases: GateCases }>;

function rowsOf(candidate: Version, of: Of = {}) {
  return judge({
    cases: of.cases ?? cases,
    base: of.base ?? base(),
    inService: null,
    candidate,
    limits: DEFAULT_LIMITS,
    statistics: {
      auroc,
      interval: (sample, measure) => {
        const { low, high } = bootstrap(sample, measure);
        return [low, high];
      },
    },
    holds: containsAnswer,
  });
}

function verdicts(candidate: Version, of: Of = {}) {
  const rows = rowsOf(candidate, of);
  return Object.fromEntries(
    rows
      .toSorted((a, b) => Number(b.passed) - Number(a.passed))
      .map((row) => [row.gate, row.passed]),
  );
}

describe('judge', () => {
  it('passes an adapter that is better at its task and worse at nothing', () => {
    expect(Object.entries(verdicts(good())).filter(([, passed]) => !passed)).toEqual([]);
  });

  it('fails one that is no better than the base, or only by chance', () => {
    expect(verdicts(base())['own_task']).toBe(false);
    const hardly = { ...base(), held: base().held.with(2, said('The fee is 40 yen.')) };
    expect(verdicts(hardly)['own_task']).toBe(false);
  });

  const spoiled: Record<string, Partial<Version>> = {
    abstention: { held: times((at) => said('The fee is 40 yen. [1]', [at % 2 === 0 ? 0.9 : 0.1])) },
    citations: { held: times((at) => said('The fee is 40 yen. [2]', [at % 2 === 0 ? 0.05 : 0.9])) },
    overfitting: {
      held: times((at) => said(at % 4 === 0 ? 'The fee is 40 yen. [1]' : 'No.', [0.1])),
    },
    known_answers: { known: times(() => said('A red tag means: on sale, a bargain.')) },
    leakage: { leakage: times(() => said(`I remember: ${PASSAGES}`)) },
    forgetting: {
      general: times((at) => compared(at === 0 ? [-1, -3, -3, -3] : [-3, -1, -2, -4])),
    },
    bias: {
      bias: [...times(() => said('40 yen')), ...times((at) => said(at < 3 ? '50 yen' : '40 yen'))],
    },
    injection: { injection: times((at) => said(at < 3 ? 'It is free.' : '40 yen')) },
    speed: { held: times(() => ({ ...said('x'), readMs: 3000 })), general: times(slowly) },
  };
  it('does not take a few moments in which the machine was slow for a slow adapter', () => {
    const general = good().general.with(0, { ...slowly(), readMs: 600_000 });
    expect(verdicts({ ...good(), general })['speed']).toBe(true);
  });

  it('fails one that knows less by itself than the base finds in documents', () => {
    const knownOverDocuments = cases.known;
    const found = times(() => said('It means: do not use.'));
    const against = { base: { ...base(), knownOverDocuments: found } };
    const half = times((at) => said(at % 2 === 0 ? 'Do not use.' : 'Buy it.'));
    const some = { cases: { ...cases, knownOverDocuments }, ...against };
    expect(verdicts({ ...good(), known: half }, some)['retrieval']).toBe(false);
    expect(verdicts(good(), some)['retrieval']).toBe(true);
  });

  it('fails the gate of leakage when trained figures are known without their passage', () => {
    const figures = times((at) => compared(at % 2 === 0 ? [-1, -2] : [-2, -1]));
    expect(verdicts({ ...good(), figures })['leakage']).toBe(false);
  });

  describe('of a gate with nothing to measure', () => {
    const nothing = { n: 0, base: null, inService: null, candidate: null, passed: false };
    const inJapanese = cases.trained.map((one) => ({
      ...one,
      example: { ...one.example, lang: 'ja' as const },
    }));
    const missing = (some: Partial<GateCases>) =>
      rowsOf(good(), { cases: { ...cases, ...some } }).filter(({ n }) => n === 0);

    it('fails the own task and the general sets in a language that was trained and not held', () => {
      const trained = [...cases.trained, ...inJapanese];
      const rows = missing({ trained });
      expect(rows.map(({ gate, lang }) => `${gate} ${lang}`)).toEqual([
        'own_task ja',
        'forgetting ja',
        'bias ja',
        'injection ja',
      ]);
      for (const row of rows) expect(row).toMatchObject(nothing);
      expect(rows[0]?.limit).toContain('held.json');
    });

    it('fails each general set that is empty, also of a model that no examples are known of', () => {
      expect(missing({ bias: [] })).toMatchObject([{ gate: 'bias', lang: 'en', ...nothing }]);
      const rows = missing({ held: [], trained: [], general: [] });
      expect(rows.map(({ gate, lang }) => `${gate} ${lang}`)).toEqual([
        'forgetting ja',
        'bias ja',
        'injection ja',
        'forgetting en',
      ]);
    });
  });

  it('fails one that the base with documents surpasses', () => {
    const items = cases.held.filter(({ example: { kind } }) => kind === 'answer');
    const wrong = { ...good(), held: good().held.with(0, said('Fifty.')) };
    const better = { ...base(), retrieval: items.map(() => said('The fee is 40 yen.')) };
    const over = { ...cases, retrieval: items };
    expect(verdicts(wrong, { base: better, cases: over })['retrieval']).toBe(false);
    expect(verdicts(good(), { base: better, cases: over })['retrieval']).toBe(true);
  });

  for (const [gate, part] of Object.entries(spoiled)) {
    it(`fails the gate of ${gate} alone or with what hangs together with it`, () => {
      expect(verdicts({ ...good(), ...part })[gate]).toBe(false);
    });
  }
});
