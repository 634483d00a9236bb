import { describe, expect, it } from 'vitest';
import type { GoldQuestion } from '../../src/eval/gold.js';
import { rowsOf } from '../../src/eval/rows.js';
import { scoreAnswer } from '../../src/eval/score.js';
import { response } from './response.js';

const gold: GoldQuestion = {
  id: 'q-1',
  question: 'How long?',
  lang: 'en',
  kind: 'document',
  answers: ['two years'],
  documents: ['warranty.md'],
};

function replayed(arm: string, evidence: Record<string, number>, answer = 'No idea.') {
  const made = response({ answer });
  const answered = { ...made, decision: { ...made.decision, evidence } };
  return { gold, arm, response: answered, score: scoreAnswer(gold, answered), holds: true };
}

describe('rows of a replay', () => {
  it('put the arms of a question side by side, with its document as the group', () => {
    const rows = rowsOf('product', [
      replayed('direct', { coverage: 0.5 }),
      replayed('retrieve', { coverage: 0.5, p_withheld: 0.25 }, 'It is two years.'),
    ]);
    expect(rows).toMatchObject([
      {
        id: 'q-1',
        group: 'product/warranty.md',
        arms: { direct: { right: false, readOut: null }, retrieve: { right: true, readOut: 0.25 } },
      },
    ]);
  });

  it('know the affinity of an adapter that came after other arms were replayed', () => {
    const [row] = rowsOf('product', [
      replayed('direct', { 'adapter_affinity:grounded': 0.25 }),
      replayed('adapter:terms', {
        'adapter_affinity:grounded': 0.25,
        'adapter_affinity:terms': 0.75,
      }),
    ]);
    expect(row?.adapterAffinity).toEqual({ grounded: 0.25, terms: 0.75 });
  });
});
