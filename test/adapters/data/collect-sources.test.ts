import { describe, expect, it } from 'vitest';
import {
  collectSources,
  drawHeld,
  type KnownPassage,
  restsOn,
  type Reviewed,
} from '../../../src/adapters/data/collect-sources.js';
import { documentsOf } from '../../../src/adapters/data/lineage.js';
import { Source } from '../../../src/adapters/data/shapes.js';

const passage = (overrides: Partial<KnownPassage>): KnownPassage => ({
  corpus: 'handbook',
  documentId: 'fees.md',
  language: 'en',
  title: 'Fees',
  section: 'Parking',
  context: '',
  text: 'Parking is run by the office. The fee is 40 yen an hour.',
  updated: null,
  supersededBy: null,
  ...overrides,
});
const fees = passage({});
const bikes = passage({ section: 'Bikes', text: 'Bikes are parked free of charge.' });
const oldFees = passage({
  documentId: 'fees-2020.md',
  text: 'The fee is 30 yen an hour.',
  supersededBy: 'fees.md',
});
const all = [fees, bikes, oldFees];

function collect(reviewed: readonly Reviewed[]) {
  return collectSources(reviewed, {
    sentences: (text) => text.split(/(?<=\.) /u),
    holds: (text, answer) => text.includes(answer),
    passagesOf: () => all,
  });
}
const asked = { id: 'q1', question: 'What is the fee?', lang: 'en' } as const;

describe('collectSources', () => {
  it('answers with the sentence that holds the gold answer, from the passage that tells it', () => {
    const { sources } = collect([
      { ...asked, kind: 'answer', answers: ['40 yen'], passages: [bikes, fees] },
    ]);
    const told = sources.find(({ qa }) => qa.length > 0);
    expect(told).toMatchObject({ section: 'Parking', document: { id: 'fees.md' } });
    expect(told?.qa).toEqual([
      { kind: 'answer', question: 'What is the fee?', answer: 'The fee is 40 yen an hour.' },
    ]);
    for (const source of sources) expect(() => Source.parse(source)).not.toThrow();
  });

  it('puts the other passages of the document and the replaced revision beside it, as one group', () => {
    const { sources } = collect([
      { ...asked, kind: 'answer', answers: ['40 yen'], passages: [fees] },
    ]);
    expect(sources.map(({ section }) => section)).toEqual(['Parking', 'Parking', 'Bikes']);
    expect(new Set(sources.map(({ group }) => group)).size).toBe(1);
    expect(sources[0]?.supersedes).toBe(sources[1]?.id);
    expect(
      documentsOf({ pairs: [], sources, plain: [], held: { ja: [], en: [] }, files: [] }),
    ).toEqual([
      { corpus: 'handbook', id: 'fees-2020.md' },
      { corpus: 'handbook', id: 'fees.md' },
    ]);
  });

  it('gives the gold answer itself when the sentence is a table row or of another language', () => {
    const table = passage({ text: '| hour | 40 yen |' });
    const { sources } = collect([
      { ...asked, kind: 'answer', answers: ['40 yen'], passages: [table] },
      {
        ...asked,
        id: 'q2',
        question: '料金は？',
        lang: 'ja',
        kind: 'answer',
        answers: ['40 yen'],
        passages: [fees],
      },
    ]);
    expect(sources.flatMap(({ qa }) => qa)).toEqual([
      { kind: 'answer', question: 'What is the fee?', answer: '40 yen.' },
      { kind: 'answer', question: '料金は？', answer: '40 yen。', cross: true },
    ]);
  });

  it('keeps every question on a passage, also when it was found anew for each', () => {
    const { sources } = collect([
      { ...asked, kind: 'answer', answers: ['40 yen'], passages: [passage({})] },
      {
        ...asked,
        id: 'q2',
        question: 'Who runs the parking?',
        kind: 'answer',
        answers: ['the office'],
        passages: [passage({})],
      },
    ]);
    expect(sources[0]?.qa.map(({ question }) => question)).toEqual([
      'What is the fee?',
      'Who runs the parking?',
    ]);
  });

  it('keeps an answer that was found helpful word for word', () => {
    const { sources } = collect([
      { ...asked, kind: 'said', answer: 'It costs 40 yen.', passages: [fees] },
    ]);
    expect(sources[0]?.qa[0]).toMatchObject({ kind: 'answer', answer: 'It costs 40 yen.' });
  });

  it('withholds what no document tells, beside the nearest passage', () => {
    const { sources } = collect([{ ...asked, kind: 'withheld', passages: [bikes] }]);
    expect(sources[0]?.qa[0]).toMatchObject({ kind: 'withheld' });
    expect(sources[0]?.qa[0]?.answer).toContain('"Bikes"');
  });

  it('says which questions gave nothing, and why', () => {
    const { sources, left } = collect([
      { ...asked, kind: 'answer', answers: ['50 yen'], passages: [fees] },
      { ...asked, id: 'q2', question: 'Is there a sauna?', kind: 'withheld', passages: [] },
      {
        ...asked,
        id: 'q3',
        question: 'Call 090-1234-5678 for the fee?',
        kind: 'withheld',
        passages: [fees],
      },
      { ...asked, id: 'q4', question: 'And for bikes?', kind: 'said', answer: '0', passages: [] },
    ]);
    expect(sources).toEqual([]);
    expect(left).toEqual({
      'not in the documents': ['q1'],
      'not resting on one passage as it stands': ['q4'],
      'nothing near': ['q2'],
      'personal data': ['q3'],
    });
  });
});

describe('restsOn', () => {
  const placed = { ...fees, revision: 'new', start: 100, end: 200 };
  const place = {
    corpus: 'handbook',
    document_id: 'fees.md',
    revision: 'new',
    start: 150,
    verified: true,
  };

  it('takes an answer whose citations all lie in the passage', () => {
    expect(restsOn(placed, [place, { ...place, start: 100 }])).toBe(true);
  });

  it.each([
    ['with no citation', []],
    ['that also cites another document', [place, { ...place, document_id: 'bikes.md' }]],
    ['that also cites another passage', [place, { ...place, start: 200 }]],
    ['with a citation that is not verified', [place, { ...place, verified: false }]],
    ['to an earlier revision', [{ ...place, revision: 'old' }]],
  ])('leaves an answer %s', (_what, citations) => {
    expect(restsOn(placed, citations)).toBe(false);
  });
});

describe('drawHeld', () => {
  const heldOf = (documents: readonly string[], before: readonly string[] = []) => {
    const reviewed = documents.map((documentId, at): Reviewed => {
      const one = passage({ documentId, text: `The fee is ${at} yen.` });
      return { ...asked, id: `q${at}`, question: `Fee ${at}?`, kind: 'withheld', passages: [one] };
    });
    const { sources } = collectSources(reviewed, {
      sentences: () => [],
      holds: () => false,
      passagesOf: () => [],
    });
    return drawHeld(sources, { ja: [], en: [...before] }).en;
  };

  it('holds out the same groups whatever stands beside them, and keeps those held before', () => {
    const documents = Array.from({ length: 60 }, (_, at) => `page-${at}.md`);
    const held = heldOf(documents, ['before']);
    expect(held).toContain('before');
    expect(held.length).toBeGreaterThan(5);
    expect(held.length).toBeLessThan(25);
    const fewer = heldOf(documents.slice(0, 30), ['before']);
    expect(fewer.every((group) => held.includes(group))).toBe(true);
  });

  it('holds out one group of few, and none where it is the only one', () => {
    for (let draw = 0; draw < 100; draw++) {
      const few = Array.from({ length: 2 }, (_, at) => `draw-${draw}-page-${at}.md`);
      const [one] = heldOf(few);
      expect(one).toBeDefined();
      expect(heldOf(few, one === undefined ? [] : [one])).toContain(one);
    }
    const alone = Array.from({ length: 20 }, (_, at) => heldOf([`alone-${at}.md`]));
    expect(alone).toContainEqual([]);
  });
});
