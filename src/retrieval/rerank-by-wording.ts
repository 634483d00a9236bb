import { tokens } from './tokens.js';

export type WordedCandidate = { id: string; text: string; score: number };

/** Candidates looked at again; 10 and 20 differ by less than chance, the price is some ms. */
const DEPTH = 20;
/**
 * What the full wording of a question adds to a score, on the scale of `combineScores`. Chosen on
 * the tuning parts of scripts/bench/retrieval.mjs among 0.02 to 0.1.
 */
const WORDING_WEIGHT = 0.06;

const JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆ヶ]+/gu;

/**
 * The best candidates again, best first, by their score and by how much of the wording of
 * `question` they hold. The keyword leg leaves out hiragana; here it counts, because beside equal
 * nouns it tells 払われる from 払う. A unit weighs more the fewer of these candidates have it.
 * `candidates` are best first; those below the best twenty keep their order.
 */
export function rerankByWording(
  question: string,
  candidates: readonly WordedCandidate[],
): { id: string; score: number }[] {
  const asked = [...wordingUnits(question)];
  const looked = candidates
    .slice(0, DEPTH)
    .map(({ id, text, score }) => ({ id, score, units: wordingUnits(text) }));
  const weights = asked.map((unit) => {
    const holders = looked.filter(({ units }) => units.has(unit)).length;
    return Math.log(1 + (looked.length - holders + 0.5) / (holders + 0.5));
  });
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const best = looked
    .map(({ id, score, units }) => {
      const held = asked.reduce(
        (sum, unit, i) => sum + (units.has(unit) ? (weights[i] ?? 0) : 0),
        0,
      );
      return { id, score: score + (whole > 0 ? (WORDING_WEIGHT * held) / whole : 0) };
    })
    .sort((a, b) => b.score - a.score);
  const rest = candidates.slice(DEPTH).map(({ id, score }) => ({ id, score }));
  return [...best, ...rest];
}

/** Bigrams of Japanese runs, hiragana included, and the search tokens of everything else. */
function wordingUnits(text: string): Set<string> {
  const normal = text.normalize('NFKC').toLowerCase();
  const units = new Set<string>();
  for (const [run] of normal.matchAll(JAPANESE)) {
    for (let i = 0; i + 2 <= run.length; i++) units.add(run.slice(i, i + 2));
  }
  for (const token of tokens(normal.replace(JAPANESE, ' '))) units.add(token);
  return units;
}
