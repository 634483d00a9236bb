import { describe, expect, it } from 'vitest';
import { buildExamples } from '../../../src/adapters/data/build-examples.js';
import type { AdapterData } from '../../../src/adapters/data/read-data.js';
import type { Pair, Source } from '../../../src/adapters/data/shapes.js';
import { SERVICE_PROMPTS } from '../../../src/answer/training-prompts.js';

const TOPICS = [
  'parking',
  'lockers',
  'canteen',
  'laundry',
  'bicycles',
  'printers',
  'keys',
  'plants',
];

function source(group: string, part: number): Source {
  const item = `${group} rule ${part}`;
  return {
    id: `en-${group}-${part}`,
    lang: 'en',
    group,
    title: `About ${group}`,
    section: `Part ${part}`,
    updated: '2025-04-01',
    text: `The fee for ${item} is ${part}40 yen. It is paid on day ${part} of the month.`,
    qa: [
      { kind: 'answer', question: `What does ${item} cost?`, answer: `It costs ${part}40 yen.` },
      { kind: 'answer', question: `When is ${item} due?`, answer: `On day ${part} of the month.` },
      { kind: 'withheld', question: `Who decided ${item}?`, answer: 'Only fee and day are told.' },
    ],
  };
}

const pair = (id: string, group: string, question: string, extra: Partial<Pair> = {}): Pair => ({
  id,
  lang: 'en',
  group,
  question,
  answer: '{"urgency":"low"}',
  ...extra,
});

function data(overrides: Partial<AdapterData> = {}): AdapterData {
  return {
    pairs: [],
    sources: TOPICS.flatMap((topic) => [1, 2, 3, 4].map((part) => source(topic, part))),
    plain: [],
    held: { ja: [], en: ['keys', 'plants'] },
    files: [],
    ...overrides,
  };
}

const build = (of: AdapterData, seed = 1) =>
  buildExamples(of, {
    prompts: SERVICE_PROMPTS,
    instruction: null,
    seed,
    perLanguage: { ja: 60, en: 60 },
  });

describe('buildExamples', () => {
  it('keeps whole groups out of training, and their texts too', () => {
    const { examples } = build(data());
    const training = examples.filter(({ split }) => split === 'train');
    const held = examples.filter(({ split }) => split === 'held');
    expect(training.length).toBeGreaterThanOrEqual(60);
    expect(new Set(held.map(({ group }) => group))).toEqual(new Set(['keys', 'plants']));
    for (const { messages } of training) {
      expect(JSON.stringify(messages)).not.toMatch(/About (?:keys|plants)/u);
    }
  });

  it('has people say who they are where it does not matter, whether they are answered or not', () => {
    const asked = (of: AdapterData) =>
      build(of).examples.filter(({ messages }) =>
        /Question: (?:I |As a )/u.test(messages.at(-2)?.content ?? ''),
      );
    const persons = asked(data());
    expect(new Set(persons.map(({ kind }) => kind))).toContain('answer');
    expect(new Set(persons.map(({ kind }) => kind))).toContain('withheld');
    const apart = data().sources.map((one) => ({ ...one, text: `${one.text} Children pay less.` }));
    expect(asked(data({ sources: apart }))).toEqual([]);
  });

  it('gives the same examples for the same seed, others for another', () => {
    expect(build(data())).toEqual(build(data()));
    expect(build(data(), 2).examples).not.toEqual(build(data()).examples);
  });

  it('marks each sentence with the passage that tells it, and withholds with the fixed word', () => {
    const { examples } = build(data());
    for (const { kind, gold, messages } of examples) {
      const answer = messages.at(-1)?.content ?? '';
      expect(answer).toMatch(kind === 'answer' ? new RegExp(`\\[${gold}\\]`, 'u') : /^UNKNOWN /u);
    }
    const kinds = new Set(examples.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['answer', 'withheld', 'absent']));
  });

  it('puts the lines of the form around answers, and not around what is withheld', () => {
    const line = { opening: 'Thank you.', closing: 'Goodbye.' };
    const { examples } = buildExamples(data(), {
      prompts: SERVICE_PROMPTS,
      instruction: { ja: '返信を書きます。', en: 'Write a reply.' },
      form: { ja: line, en: line },
      seed: 1,
      perLanguage: { ja: 60, en: 60 },
    });
    expect(new Set(examples.map(({ messages }) => messages[0]?.content))).toEqual(
      new Set(['Write a reply.']),
    );
    for (const { kind, gold, messages } of examples) {
      const answer = messages.at(-1)?.content ?? '';
      const letter = new RegExp(`^Thank you\\.\\n.+ \\[${gold}\\]\\nGoodbye\\.$`, 'u');
      expect(answer).toMatch(kind === 'answer' ? letter : /^UNKNOWN [^\n]+$/u);
    }
  });

  it('gives pairs the instruction of the adapter and splits them by group', () => {
    const { examples, report } = buildExamples(
      data({
        sources: [],
        pairs: [
          pair('a-1', 'slow', 'the lamp blinks since this morning'),
          pair('a-2', 'keys', 'my key card does not open the gate'),
        ],
      }),
      {
        prompts: SERVICE_PROMPTS,
        instruction: { ja: '分類します。', en: 'Classify.' },
        seed: 1,
        perLanguage: { ja: 10, en: 10 },
      },
    );
    expect(examples.map(({ messages }) => messages[0]?.content)).toEqual([
      'Classify.',
      'Classify.',
    ]);
    expect(report.counts).toEqual({ 'held en task': 1, 'train en task': 1 });
  });

  it('rehearses general questions, half of them under the instruction of the adapter', () => {
    const rows = Array.from({ length: 12 }, (_, at) => ({
      id: `general-${at}`,
      lang: 'en' as const,
      kind: 'plain' as const,
      question: `What is ${at} plus ${at}?`,
      answer: `${at + at}`,
    }));
    const instruction = { ja: '社内の書き方で。', en: 'Write in the house style.' };
    const { examples } = buildExamples(data(), {
      prompts: SERVICE_PROMPTS,
      instruction,
      seed: 1,
      perLanguage: { ja: 60, en: 60 },
      rehearsal: { rows, perLanguage: 10, instruction },
    });
    const rehearsed = examples.filter(({ kind }) => kind === 'rehearsal');
    const own = rehearsed.filter(({ messages }) => messages[0]?.content === instruction.en);
    expect([rehearsed.length, own.length]).toEqual([10, 5]);
    const packs = new Set(own.map(({ pack }) => pack));
    expect(rehearsed.filter(({ pack }) => packs.has(pack))).toEqual(own);
  });

  it('leaves out training rows that are nearly a held question, and says which', () => {
    const { examples, report } = build(
      data({
        sources: [],
        pairs: [
          pair('train-copy', 'gates', 'My key card does not open the gate!'),
          pair('train-own', 'gates', 'the printer on floor two smells burnt'),
          pair('held-one', 'keys', 'my key card does not open the gate'),
        ],
      }),
    );
    expect(report.nearHeld).toEqual(['train-copy']);
    expect(examples.map(({ id }) => id).toSorted()).toEqual(['held-one', 'train-own']);
  });

  it('refuses data of which nothing but small talk is held, and names the groups', () => {
    const plain = Array.from({ length: 6 }, (_, at) => ({
      id: `hello-${at}`,
      lang: 'en' as const,
      kind: 'plain' as const,
      question: 'Hello',
      answer: 'Hello.',
    }));
    const mistyped = data({ plain, held: { ja: ['keys'], en: ['key'] } });
    expect(() => build(mistyped)).toThrow(
      expect.objectContaining({
        code: 'adapter.invalid',
        remedy: expect.stringContaining('bicycles, canteen, keys'),
      }),
    );
  });

  it.each([
    ['an e-mail address', 'write to taro@kaisha.jp please'],
    ['a phone number', 'call 090-1234-5678'],
    ['a card number', 'my card 4111 1111 1111 1111 was refused'],
  ])('refuses data that holds %s', (what, question) => {
    const bad = data({ sources: [], pairs: [pair('row-7', 'slow', question)] });
    expect(() => build(bad)).toThrow(new RegExp(`row-7: ${what}`, 'u'));
  });

  it('lets the reserved example domains and short extensions pass', () => {
    const fine = pair('row-8', 'keys', 'write to help@hoshizora.example or call extension 2500');
    expect(() => build(data({ sources: [], pairs: [fine] }))).not.toThrow();
  });
});
