import { describe, expect, it } from 'vitest';
import { advise } from '../../../src/adapters/data/advise.js';
import type { Pair } from '../../../src/adapters/data/shapes.js';
import { tokens } from '../../../src/retrieval/tokens.js';

const pair = (id: string, question: string, answer: string, extra: Partial<Pair> = {}): Pair => ({
  id,
  lang: 'en',
  group: id,
  question,
  answer,
  ...extra,
});
const verdicts = (...pairs: Pair[]) => advise({ pairs }, tokens).map(({ verdict }) => verdict);

describe('advise', () => {
  it('calls a figure that the prompt does not give a fact, and names it', () => {
    const [advice] = advise(
      { pairs: [pair('a', 'What is the hotel limit?', 'The limit is 12,000 yen.')] },
      tokens,
    );
    expect(advice).toMatchObject({ verdict: 'fact', figures: ['12000'] });
  });

  it('calls the same answer behaviour when a passage gives it', () => {
    const passages = [
      { title: 'Hotels', section: '', updated: null, text: 'The limit is 12,000 yen a night.' },
    ];
    expect(
      verdicts(pair('a', 'What is the hotel limit?', 'The limit is 12,000 yen. [1]', { passages })),
    ).toEqual(['behaviour']);
  });

  it('calls labels and forms that many groups share behaviour', () => {
    expect(
      verdicts(
        pair('a', 'my screen is black', '{"department":"it","urgency":"high"}'),
        pair('b', 'send me a quote', '{"department":"sales","urgency":"normal"}'),
        pair('c', 'cannot log in', '{"department":"it","urgency":"normal"}'),
        pair('d', 'quote please, today', '{"department":"sales","urgency":"high"}'),
      ),
    ).toEqual(['behaviour', 'behaviour', 'behaviour', 'behaviour']);
  });

  it('calls rewriting behaviour, as its words come from the question', () => {
    expect(
      verdicts(pair('a', '「会議を明日に変えて」を丁寧に', '会議を明日に変えていただけますか。')),
    ).toEqual(['behaviour']);
  });

  it('calls prose that stands nowhere else a fact', () => {
    expect(
      verdicts(
        pair(
          'a',
          'Who founded us?',
          'A watchmaker from Matsumoto named Hoshino founded it after the war.',
        ),
        pair('b', 'Say hello', 'Hello, how can I help you today?'),
        pair('c', 'Greet me', 'Hello, how can I help you today?'),
      ),
    ).toEqual(['fact', 'behaviour', 'behaviour']);
  });
});
