import type { Verdict } from '../decision/utility.js';
import type { AnswerResponse } from '../schemas.js';
import type { GoldQuestion } from './gold.js';

export type Score = {
  verdict: Verdict;
  /** Best F1 0..1 over the gold answers: characters for Japanese, words for English. */
  f1: number;
  /** Of an answered document question: a verified citation lies in a gold document; else null. */
  cited: boolean | null;
};

/** Scores one answer without a judge model. */
export function scoreAnswer(gold: GoldQuestion, response: AnswerResponse): Score {
  const answered = response.outcome === 'answered';
  const f1 = Math.max(0, ...gold.answers.map((answer) => f1Of(answer, response.answer, gold.lang)));
  if (gold.kind === 'unanswerable') {
    return { verdict: answered ? 'wrong' : 'right_refusal', f1: 0, cited: null };
  }
  if (!answered) return { verdict: 'needless_refusal', f1: 0, cited: null };
  const cited =
    gold.kind !== 'document'
      ? null
      : response.citations.some(
          (citation) => citation.verified && gold.documents.includes(citation.document_id),
        );
  const right =
    !repeatsTask(gold, response.answer) &&
    (gold.answers.length === 0
      ? (cited ?? true)
      : gold.answers.some((answer) => containsAnswer(response.answer, answer)));
  return { verdict: right ? 'right' : 'wrong', f1, cited };
}

/** A text to be rewritten, given back as it was, holds the words of a right answer too. */
function repeatsTask({ kind, question }: GoldQuestion, answer: string): boolean {
  return kind === 'task' && comparable(question).includes(comparable(answer));
}

/**
 * Whether `answer` holds `gold`, after NFKC, lower case, and without white space, punctuation,
 * thousands commas and citation markers. A gold number is not found inside a longer number.
 */
export function containsAnswer(answer: string, gold: string): boolean {
  const haystack = comparable(answer);
  const needle = comparable(gold);
  if (needle === '') return false;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
    const before = haystack[at - 1] ?? ' ';
    const after = haystack[at + needle.length] ?? ' ';
    const cutsNumber =
      (/\d/u.test(needle[0] ?? '') && /[\d.]/u.test(before)) ||
      (/\d/u.test(needle.at(-1) ?? '') && /\d/u.test(after));
    if (!cutsNumber) return true;
  }
  return false;
}

function comparable(text: string): string {
  return text
    .replace(/\[\d{1,2}\]/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(?<=\d),(?=\d{3})/gu, '')
    .replace(/[\s。、「」『』,!?;:"'“”‘’()*`_~-]/gu, '')
    .replace(/\.(?!\d)/gu, '');
}

/** F1 over the multiset of units shared (SQuAD's measure, Rajpurkar et al. 2016). */
function f1Of(gold: string, answer: string, language: 'ja' | 'en'): number {
  const goldUnits = unitsOf(gold, language);
  const answerUnits = unitsOf(answer, language);
  if (goldUnits.length === 0 || answerUnits.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const unit of goldUnits) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  let shared = 0;
  for (const unit of answerUnits) {
    const left = counts.get(unit) ?? 0;
    if (left > 0) {
      shared++;
      counts.set(unit, left - 1);
    }
  }
  if (shared === 0) return 0;
  const precision = shared / answerUnits.length;
  const recall = shared / goldUnits.length;
  return (2 * precision * recall) / (precision + recall);
}

function unitsOf(text: string, language: 'ja' | 'en'): string[] {
  if (language === 'ja') return Array.from(comparable(text));
  return text
    .replace(/\[\d{1,2}\]/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}.]+/u)
    .map((word) => word.replace(/\.$/u, ''))
    .filter((word) => word !== '' && !['a', 'an', 'the'].includes(word));
}
