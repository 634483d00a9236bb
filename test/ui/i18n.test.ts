import { expect, test } from 'vitest';
import {
  createTranslate,
  findWordKey,
  resolveLanguage,
  type WordKey,
  WORDS,
} from '../../src/ui/lib/i18n.js';
import { FEATURE_NAMES } from '../../src/decision/features.js';

const KEYS = Object.keys(WORDS.ja) as WordKey[];

test('both languages hold the same texts, none of them empty', () => {
  expect(Object.keys(WORDS.en)).toEqual(KEYS);
  for (const words of Object.values(WORDS)) {
    for (const text of Object.values(words)) expect(text.trim()).not.toBe('');
  }
});

test('both languages fill in the same values', () => {
  const namesIn = (text: string): string[] => (text.match(/\{\w+\}/gu) ?? []).sort();
  for (const key of KEYS)
    expect(namesIn(WORDS.en[key]), `texts of ${key}`).toEqual(namesIn(WORDS.ja[key]));
});

test('each problem comes with a remedy', () => {
  const titles = KEYS.filter(
    (key) => key.startsWith('problem.') && !key.endsWith('.remedy') && key !== 'problem.reference',
  );
  for (const title of titles)
    expect(findWordKey(`${title}.remedy`), `remedy of ${title}`).not.toBeNull();
});

test('each feature of a decision has a readable name', () => {
  for (const name of FEATURE_NAMES)
    expect(findWordKey(`evidence.${name}`), `name of ${name}`).not.toBeNull();
});

test('fills values in and leaves unknown ones visible', () => {
  const t = createTranslate('en');
  expect(t('sources.page', { page: 3 })).toBe('page 3');
  expect(t('sources.page')).toBe('page {page}');
});

test.each([
  ['en', ['ja-JP'], 'en'],
  [null, ['fr-FR', 'ja-JP', 'en-US'], 'ja'],
  ['xx', ['en-GB'], 'en'],
  [null, [], 'en'],
] as const)('chooses the language: remembered %s, preferred %j → %s', (kept, wanted, chosen) => {
  expect(resolveLanguage(kept, wanted)).toBe(chosen);
});
