/**
 * Area under the receiver operating characteristic: the chance that a positive scores above a
 * negative, ties counting half (Hanley and McNeil, Radiology 1982). NaN when either is empty.
 */
export function auroc(positives: readonly number[], negatives: readonly number[]): number {
  let wins = 0;
  for (const high of positives) {
    for (const low of negatives) wins += high > low ? 1 : high === low ? 0.5 : 0;
  }
  return wins / (positives.length * negatives.length);
}
