/**
 * Raised whenever the tokens of any text change; indexed passages of another version are cut again
 * by the next index run.
 */
export const TOKENS_VERSION = '1';

/** Longer runs without a break (encoded data, ASCII art) are no words. */
const LONGEST_TOKEN = 64;

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** Latin words, numbers and codes such as `ERR-4012`, `iso27001`, `v1.2.3`, `user_name`. */
const LATIN = /[\p{Script=Latin}\p{M}\p{N}]+(?:['’._\-/+#&@]+[\p{Script=Latin}\p{M}\p{N}]+)*/gu;
/** At most 512 letters: the segmenter's time grows with the square of a run without a break. */
const JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆ヶ]{1,512}/gu;
/** Runs that bigrams are made of: kanji with kanji, katakana with katakana. */
const DENSE_RUN = /[\p{Script=Han}々〆]+|[\p{Script=Katakana}ー]+/gu;
const PURE_HIRAGANA = /^[\p{Script=Hiragana}ー]+$/u;
/** Letters of all other scripts, as words. */
const OTHER =
  /(?:[^\P{L}\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]\p{M}*)+/gu;

/**
 * Search tokens of a Japanese or English text, the same for passages and questions: in order of
 * the text, repeats kept, lower case, none with white space, none empty.
 *
 * - Japanese: the words of `Intl.Segmenter` without those in hiragana alone, and the bigrams of
 *   kanji and of katakana runs, so that 年次有給休暇 is found by 有給 whatever the segmenter does.
 * - Latin: words with plural and possessive endings taken off.
 * - Codes whole and in parts: `ERR-4012` gives `err-4012`, `err`, `4012`; `12,000` gives `12000`.
 * - A text of hiragana alone keeps its words; otherwise it could not be searched by words at all.
 *
 * Full-width and half-width forms are one (NFKC).
 */
export function tokens(text: string): string[] {
  const normal = normalise(text);
  const found = collect(normal, false);
  return found.length > 0 ? found : collect(normal, true);
}

/** Bigrams say less than words, and one word brings several of them. Tried: 1, .5, .3 and .2. */
const FRAGMENT_WEIGHT = 0.3;

/** The `contentTokens` of a question, each with its weight in the keyword leg. */
export function weightedTokens(question: string): { token: string; weight: number }[] {
  const words = new Set(collect(normalise(question), true, false));
  return contentTokens(question).map((token) => ({
    token,
    weight: words.has(token) ? 1 : FRAGMENT_WEIGHT,
  }));
}

/** The different `tokens` of a question without the words that only make it a question. */
export function contentTokens(question: string): string[] {
  const all = [...new Set(tokens(question))];
  const content = all.filter((token) => !QUESTION_WORDS.has(token));
  return content.length > 0 ? content : all;
}

function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2010-\u2015\u2212]/gu, '-') // hyphens of all lengths, minus
    .replace(/(?<=\d),(?=\d{3}(?!\d))/gu, ''); // 12,000
}

function collect(normal: string, withHiragana: boolean, withBigrams = true): string[] {
  const found: { at: number; token: string }[] = [];
  const add = (at: number, token: string) => {
    if (token.length <= LONGEST_TOKEN) found.push({ at, token });
  };
  for (const match of normal.matchAll(LATIN)) {
    for (const token of latinTokens(match[0])) add(match.index, token);
  }
  for (const match of normal.matchAll(JAPANESE)) {
    for (const token of japaneseTokens(match[0], withHiragana, withBigrams))
      add(match.index, token);
  }
  for (const match of normal.matchAll(OTHER)) add(match.index, match[0]);
  return found.sort((a, b) => a.at - b.at).map(({ token }) => token);
}

function* latinTokens(run: string): Generator<string> {
  const word = run
    .replaceAll('’', "'")
    .replace(/'s?$/u, '')
    .replace(/'s(?=\b)/u, '');
  const parts = word.split(/['._\-/+#&@]+/u).filter((part) => part !== '');
  if (parts.length > 1) yield word;
  for (const part of parts) {
    yield singular(part);
    // iso27001 is also found by 27001.
    const split = part.match(/\p{N}+|[^\p{N}]+/gu) ?? [];
    if (split.length > 1) yield* split;
  }
}

/** Light, and the same on both sides, so that an odd result still finds itself (Harman 1991). */
function singular(word: string): string {
  if (word.length < 4 || !/^[a-z]+s$/u.test(word) || /(?:ss|us|is)$/u.test(word)) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:[sxz]|ch|sh)es$/u.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

function* japaneseTokens(
  run: string,
  withHiragana: boolean,
  withBigrams: boolean,
): Generator<string> {
  const words = new Set<string>();
  for (const { segment } of segmenter.segment(run)) {
    if (!withHiragana && PURE_HIRAGANA.test(segment)) continue;
    words.add(segment);
    yield segment;
  }
  if (!withBigrams) return;
  for (const [dense] of run.matchAll(DENSE_RUN)) {
    const characters = Array.from(dense);
    for (let i = 0; i + 1 < characters.length; i++) {
      const bigram = `${characters[i]}${characters[i + 1]}`;
      // A word of two characters is its own bigram and counts once.
      if (!words.has(bigram)) yield bigram;
    }
  }
}

const QUESTION_WORDS = new Set(
  (
    'what when where which who whom whose why how is are was were be been am do does did can could ' +
    'may might must shall should will would have has had a an the of in on at to for from by with ' +
    'and or not it its this that these those there i me my we us our you your he she they them ' +
    'their his her as if about into than then so any some many much please tell explain show ' +
    '何 何時 何人 何年 何月 何日 何歳 誰 教 教え 知 知り 方法 場合 理由 意味 説明 下さい 時 事 為 年 月 日'
  ).split(' '),
);
