/**
 * Numbers and codes of a question, NFKC, lower case, thousands commas dropped, each once:
 * `SORA-300`, `E-204`, `12,000円` → `12000`. Ordinals and single digits count: a question about
 * grade 5 is not answered by grade 4.
 */
export function mentionedNumbers(question: string): string[] {
  const text = question
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(?<=\d),(?=\d{3})/gu, '');
  const codes = text.match(/[a-z]+[-_]?\d+[a-z\d]*|\d+(?:\.\d+)?/gu) ?? [];
  return [...new Set(codes)];
}

/** English words that open a question or are always capitalised, hence no names. */
const NOT_NAMES = new Set(
  (
    'a an the i i’m im is are am do does did can could may might must shall should will would what ' +
    'when where which who whom whose why how if in on at for to my our your we you please and or ' +
    'monday tuesday wednesday thursday friday saturday sunday january february march april june ' +
    'july august september october november december english japanese hello hi hey thanks thank ' +
    'pdf id it hr vpn pc ok faq url'
  ).split(' '),
);

/**
 * Names in a question, NFKC, lower case, each once: capitalised Latin words that do not open a
 * sentence, Latin words inside Japanese text, and katakana words of four letters or more (shorter
 * ones are everyday words).
 */
export function mentionedNames(question: string): string[] {
  const text = question.normalize('NFKC');
  const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
  const names: string[] = [];
  for (const match of text.matchAll(/[\p{Script=Katakana}ー]{4,}/gu)) names.push(match[0]);
  for (const match of text.matchAll(/[A-Za-z][A-Za-z’'-]*[A-Za-z]/gu)) {
    const opensSentence = /(^|[.!?]\s*)["'“(]?$/u.test(text.slice(0, match.index));
    if (japanese || (/^[A-Z]/u.test(match[0]) && !opensSentence)) names.push(match[0]);
  }
  return [...new Set(names.map((name) => name.toLowerCase().replace(/['’]s$/u, '')))].filter(
    (name) => !NOT_NAMES.has(name),
  );
}
