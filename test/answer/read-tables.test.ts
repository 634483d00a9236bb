import { expect, it } from 'vitest';
import { readTables } from '../../src/answer/read-tables.js';

it('names the column of every cell', () => {
  expect(
    readTables([
      'Limits per night.',
      '| Rank | City | Limit |',
      '|---|:-:|---|',
      '| A | Tokyo | 14,500 yen |',
      '| B | Nagoya | 11,500 yen |',
      'Tax is included.',
    ]),
  ).toEqual([
    'Limits per night.',
    'Rank: A; City: Tokyo; Limit: 14,500 yen',
    'Rank: B; City: Nagoya; Limit: 11,500 yen',
    'Tax is included.',
  ]);
});

it('leaves out empty cells and the colon of a column without a name', () => {
  expect(readTables(['|  | 日額 |', '| 国内 | 2,400円 |', '| 海外 |  |'])).toEqual([
    '国内; 日額: 2,400円',
    '海外',
  ]);
});

it('keeps a bar that belongs to the text', () => {
  expect(readTables(['| Key | Meaning |', '| a \\| b | either |'])).toEqual([
    'Key: a | b; Meaning: either',
  ]);
});

it.each([
  ['a row alone', ['| 8 kg | 40 cm |']],
  ['a first row with a bare number', ['| 2024 | 12,000 |', '| 2025 | 13,000 |']],
  ['rows of different length', ['| a | b | c |', '| 1 | 2 |']],
])('leaves %s as printed', (_what, rows) => {
  expect(readTables(rows)).toEqual(rows);
});

it('has no word of a cell lost', () => {
  const cells = ['Rank', 'City', 'A', 'Tokyo', 'B', 'Nagoya'];
  const text = readTables(['| Rank | City |', '| A | Tokyo |', '| B | Nagoya |']).join('\n');
  for (const cell of cells) expect(text).toContain(cell);
});
