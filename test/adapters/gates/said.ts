import type { Example } from '../../../src/adapters/data/shapes.js';
import type { Said } from '../../../src/adapters/gates/ask.js';

export const PASSAGES = 'Passages:\n[1] Fees\nx| The fee for a locker is 40 yen a month.\n\n';

export function example(kind: Example['kind'], answer: string, gold: number | null = 1): Example {
  return {
    id: 'x',
    split: 'held',
    lang: 'en',
    kind,
    group: 'g',
    pack: 'p',
    gold,
    planted: false,
    messages: [
      { role: 'user', content: `${PASSAGES}Question: how much?` },
      { role: 'assistant', content: answer },
    ],
  };
}

export const said = (text: string, chances: number[] = [0.1]): Said => ({
  text,
  chances,
  logChances: [],
  readTokens: 100,
  readMs: 1000,
});
