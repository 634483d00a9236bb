/** A draft: how sure the policy is of it, and whether it is wrong. */
export type Draft = { confidence: number; wrong: boolean };

export type RiskBound = {
  /** Answer from this confidence on; null when no threshold keeps the risk: then never. */
  threshold: number | null;
  /** At that threshold, on the rows it was chosen on. */
  answered: number;
  wrong: number;
};

/** Places in the order of thresholds from which testing starts: one unlucky start does not end it. */
const STARTS = 3;

/**
 * The lowest confidence from which answers may be given so that, with chance `1 - delta`, at most the
 * share `risk` of those given is wrong on further questions of the same kind. Each question comes with
 * its drafts in the order in which they are tried: the first one that is sure enough is given.
 * Learn-then-test with fixed-sequence testing from several starts (Angelopoulos et al. 2021, arXiv
 * 2110.01052, section 3.2): from each start, which has its share of `delta`, thresholds are tried from
 * strict to loose by the exact binomial tail until one fails. Starts answer evenly spaced numbers of
 * questions, from as few as could pass if all were right.
 */
export function boundRisk(
  questions: readonly (readonly Draft[])[],
  { risk, delta }: { risk: number; delta: number },
): RiskBound {
  const tried = [...new Set(questions.flat().map(({ confidence }) => confidence))]
    .toSorted((a, b) => b - a)
    .map((threshold) => ({ threshold, ...givenFrom(threshold, questions) }));
  const most = Math.max(0, ...tried.map(({ answered }) => answered));
  const share = delta / STARTS;
  const least = leastAnswered(risk, share);
  let best: RiskBound = { threshold: null, answered: 0, wrong: 0 };
  for (let start = 0; start < STARTS; start++) {
    const from = least + ((most - least) * start) / STARTS;
    for (const one of tried.filter(({ answered }) => answered >= Math.max(least, from))) {
      if (binomialTail(one.wrong, one.answered, risk) > share) break;
      if (best.threshold === null || one.threshold < best.threshold) best = one;
    }
  }
  return best;
}

/** What is given from a threshold on. */
export function givenFrom(
  threshold: number,
  questions: readonly (readonly Draft[])[],
): { answered: number; wrong: number } {
  const given = questions.flatMap(
    (drafts) => drafts.find(({ confidence }) => confidence >= threshold) ?? [],
  );
  return { answered: given.length, wrong: given.filter((draft) => draft.wrong).length };
}

/** How many answers, all of them right, show with chance `1 - delta` that the risk is kept. */
export function leastAnswered(risk: number, delta: number): number {
  return risk >= 1 ? 1 : Math.ceil(Math.log(delta) / Math.log(1 - risk));
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
