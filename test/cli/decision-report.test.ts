import { expect, it } from 'vitest';
import { notLearnedFrom } from '../../src/cli/decision-report.js';
import { partOf } from '../../src/eval/gold.js';

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
