import { describe, expect, it } from 'vitest';
import { gateCases } from '../../../src/adapters/gates/cases.js';
import { SERVICE_PROMPTS } from '../../../src/answer/training-prompts.js';

const QUESTION = { lang: 'en', question: 'What is a red tag?', answers: ['do not use'] } as const;
const PASSAGE = {
  title: 'Words',
  section: '',
  context: '',
  updated: null,
  text: 'Red tag: do not use.',
};

async function askedOf(needsPassages: boolean, found: (typeof PASSAGE)[]) {
  const { known, knownOverDocuments } = await gateCases(
    [],
    { general: [], bias: [], injection: [] },
    {
      prompts: SERVICE_PROMPTS,
      instruction: null,
      answerSchema: null,
      needsPassages,
      known: [QUESTION],
      limit: 4,
      find: () => Promise.resolve(found),
    },
  );
  const text = (asked: typeof known) =>
    asked.map(({ case: { messages } }) => messages.at(-1)?.content);
  return { alone: text(known), overDocuments: text(knownOverDocuments) };
}

describe('gateCases', () => {
  it('asks a skill the questions with known answers, and the base also over documents', async () => {
    const { alone, overDocuments } = await askedOf(false, [PASSAGE]);
    expect(alone).toEqual([QUESTION.question]);
    expect(overDocuments).toEqual([expect.stringContaining(PASSAGE.text)]);
    expect(overDocuments[0]).toContain(QUESTION.question);
  });

  it('asks the base nothing over documents where none are found', async () => {
    const { alone, overDocuments } = await askedOf(false, []);
    expect([alone.length, overDocuments.length]).toEqual([1, 0]);
  });

  it('asks a reader none of them', async () => {
    const { alone, overDocuments } = await askedOf(true, [PASSAGE]);
    expect([...alone, ...overDocuments]).toEqual([]);
  });
});
