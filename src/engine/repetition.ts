/**
 * Tells when a small model has fallen into a loop ("私たちは私たちは…"). Judged on text, since a
 * loop's tokens may be cut differently each time round.
 */

/** Longest repeated piece that is looked for, in characters. */
const LONGEST_UNIT = 240;
const HAS_WORD = /[\p{Letter}]/u;
/** A list mark or a counter at the start of a line: "3. ", "- ", "(4) ". */
const LIST_MARK = /^[\s\-*+・•]*(?:[(（]?\d{1,3}[)）.．、:：]?)?\s*/u;
const SENTENCE_END = /(?<=[。．！？!?\n])|(?<=\.)(?=\s)/u;

/**
 * How many times a piece may stand in a row before it is a loop. Rules, dots and numbers
 * ("-----", "0, 0, 0") are long by nature, cells of a table repeat across a row, and the shorter a
 * phrase, the likelier a writer means to repeat it.
 */
function allowedRepeats(unit: string): number {
  // Nothing but citation markers says nothing, however long its period is.
  if (/^[\s\d[\],]+$/u.test(unit) && /\[\d+\]/u.test(unit + unit)) return 3;
  if (!HAS_WORD.test(unit)) return Math.ceil(200 / unit.length);
  if (/[|\t]/u.test(unit)) return 16;
  if (unit.length === 1) return 24;
  if (unit.length <= 3) return 10;
  if (unit.length <= 12) return 6;
  return unit.length <= 40 ? 4 : 3;
}

/** The piece that `text` ends in and how often it stands there in a row, or null. */
export function findLoop(text: string): { unit: string; repeats: number } | null {
  for (let length = 1; length <= Math.min(LONGEST_UNIT, Math.floor(text.length / 3)); length += 1) {
    const unit = text.slice(-length);
    const limit = allowedRepeats(unit);
    let repeats = 1;
    let end = text.length - length;
    while (repeats < limit && end >= length && text.startsWith(unit, end - length)) {
      repeats += 1;
      end -= length;
    }
    if (repeats >= limit) return { unit, repeats };
  }
  return null;
}

/** The sentence of 16 characters or more that stands 4 times among the last 12, or null. */
export function findRepeatedSentence(text: string): string | null {
  const counts = new Map<string, number>();
  const sentences = text
    .slice(-4000)
    .split(SENTENCE_END)
    .slice(-12)
    .map((part) => part.replace(LIST_MARK, '').trim());
  for (const sentence of sentences) {
    if (sentence.length < 16 || sentence.startsWith('|') || !HAS_WORD.test(sentence)) continue;
    const count = (counts.get(sentence) ?? 0) + 1;
    if (count >= 4) return sentence;
    counts.set(sentence, count);
  }
  return null;
}

/** Whether the text so far ends in a loop. Quick enough to ask after every token. */
export function isRepeating(text: string): boolean {
  return findLoop(text.slice(-LONGEST_UNIT * 4)) !== null || findRepeatedSentence(text) !== null;
}
