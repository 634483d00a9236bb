/** An answer that could be given: how sure the policy is of it, and whether it is wrong. */
export type Ranked = { confidence: number; wrong: boolean };

export type RiskBound = {
  /** Answer from this confidence on; null when no threshold keeps the risk: then never. */
  threshold: number | null;
  /** At that threshold, on the rows it was chosen on. */
  answered: number;
  wrong: number;
};

/**
 * The lowest confidence from which answers may be given so that, with chance `1 - delta`, at most the
 * share `risk` of those given is wrong on further questions of the same kind. Learn-then-test with
 * fixed-sequence testing (Angelopoulos et al. 2021, arXiv 2110.01052, section 3.2): thresholds are
 * tried from the strictest on, each by the exact binomial tail, until one fails. The strictest one
 * that is tried answers `leastAnswered` questions, as fewer could not pass even if all were right.
 */
export function boundRisk(
  rows: readonly Ranked[],
  { risk, delta }: { risk: number; delta: number },
): RiskBound {
  const sorted = rows.toSorted((a, b) => b.confidence - a.confidence);
  const none: RiskBound = { threshold: null, answered: 0, wrong: 0 };
  if (risk >= 1) {
    const last = sorted.at(-1);
    const wrong = sorted.filter((row) => row.wrong).length;
    return last === undefined ? none : { threshold: 0, answered: sorted.length, wrong };
  }
  let best = none;
  let wrong = 0;
  const least = leastAnswered(risk, delta);
  for (const [at, row] of sorted.entries()) {
    if (row.wrong) wrong++;
    const answered = at + 1;
    // Rows of equal confidence are answered together.
    if (sorted[at + 1]?.confidence === row.confidence) continue;
    if (answered < least) continue;
    if (binomialTail(wrong, answered, risk) > delta) break;
    best = { threshold: row.confidence, answered, wrong };
  }
  return best;
}

/** How many answers, all of them right, show with chance `1 - delta` that the risk is kept. */
export function leastAnswered(risk: number, delta: number): number {
  return Math.ceil(Math.log(delta) / Math.log(1 - risk));
}

/** Chance of at most `wrong` of `n` when each is wrong with chance `risk`. */
export function binomialTail(wrong: number, n: number, risk: number): number {
  if (risk <= 0) return 1;
  if (risk >= 1) return wrong >= n ? 1 : 0;
  let logTerm = n * Math.log(1 - risk);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= wrong; k++) {
    logTerm += Math.log((n - k + 1) / k) + Math.log(risk / (1 - risk));
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
