import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSeeded } from '../../dist/adapters/data/seeded.js';

const SYLLABLES = 'ka ri no ta se mu lo pe ki sa ne do va tu fi ro me la zo bi'.split(' ');
const KANJI = Array.from(
  '休暇申請規程交通旅費精算承認勤務時間契約設備点検情報管理教育研修安全衛生給与評価',
);
const VOCABULARY = 4_000;
const WORDS_A_SECTION = 60;

/**
 * Some words of the language, frequent ones more often, as in real text.
 * @param {() => number} random
 * @param {'ja' | 'en'} language
 * @param {number} count
 */
export function words(random, language, count) {
  return Array.from({ length: count }, () => {
    const rank = Math.floor(VOCABULARY ** random()) - 1;
    return language === 'ja' ? japaneseWord(rank) : englishWord(rank);
  });
}

/** @param {number} rank */
function englishWord(rank) {
  const [low, high] = [rank % SYLLABLES.length, Math.floor(rank / SYLLABLES.length)];
  return `${SYLLABLES[low]}${SYLLABLES[high % SYLLABLES.length]}${high.toString(36)}n`;
}

/** @param {number} rank */
function japaneseWord(rank) {
  const [low, high] = [rank % KANJI.length, Math.floor(rank / KANJI.length)];
  return `${KANJI[low]}${KANJI[(low + high + 1) % KANJI.length]}`;
}

/**
 * One markdown document, every second one Japanese; every section states the edition, so that an
 * answer that mixes two of them can be told.
 * @param {number} at
 * @param {number} sections
 * @param {number} edition
 */
export function documentText(at, sections, edition) {
  const { random } = createSeeded(at * 7919 + 1);
  const language = at % 2 === 0 ? 'en' : 'ja';
  const parts = Array.from({ length: sections }, (_, section) => {
    const body = words(random, language, WORDS_A_SECTION);
    const sentence =
      language === 'ja'
        ? `第edition${edition}版。${body.join('の')}。`
        : `This is edition${edition}. ${body.join(' ')}.`;
    return `## Part ${at}.${section}\n\n${sentence}\n`;
  });
  return `# Document ${at}\n\n${parts.join('\n')}`;
}

/** @param {number} at */
export function documentPath(at) {
  return `part-${Math.floor(at / 100)}/document-${String(at).padStart(5, '0')}.md`;
}

/**
 * Writes the documents that `editionOf` gives an edition, for everyone to read.
 * @param {string} folder
 * @param {Iterable<number>} documents
 * @param {{sections: number, editionOf: (at: number) => number}} options
 */
export function writeDocuments(folder, documents, { sections, editionOf }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'corpus.yaml'), 'access: ["group:everyone"]\n');
  for (const at of documents) {
    const file = join(folder, documentPath(at));
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, documentText(at, sections, editionOf(at)));
  }
}
