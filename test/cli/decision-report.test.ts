import { expect, it } from 'vitest';
import { notLearnedFrom } from '../../src/cli/decision-report.js';
import { partOf } from '../../src/eval/gold.js';

const rows = ['manuals', 'other'].flatMap((corpus) =>
  Array.from({ length: 20 }, (_, at) => ({ id: `${corpus}-${at}`, corpus })),
);

it('reports on no question that was learned from, and on all of a corpus that was not', () => {
  const reported = notLearnedFrom(rows, { learned: { corpora: ['manuals'] } });
  expect(reported.filter(({ corpus }) => corpus === 'other')).toHaveLength(20);
  const learnedFrom = rows.filter((row) => row.corpus === 'manuals' && partOf(row) === 'fit');
  expect(learnedFrom.length).toBeGreaterThan(0);
  expect(reported).toHaveLength(rows.length - learnedFrom.length);
});

it('reports on the reporting half where the rule decides, whose figures come from the other', () => {
  expect(notLearnedFrom(rows, null)).toEqual(rows.filter((row) => partOf(row) === 'report'));
});
