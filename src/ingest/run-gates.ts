import type { IndexReport } from './index-report.js';

export type RunLimits = {
  /** Shares of the documents known before: above, something is wrong with the folder, not with them. */
  removedShare: number;
  failedShare: number;
};

/** Fewer documents than this may go or fail in any share. */
const FEW = 5;

/**
 * Why a run should not be published, in words; none: it may. A share that is half mounted or a broken
 * export looks like a night in which most documents were deleted.
 */
export function runFaults(
  known: number,
  { removed, failed }: Pick<IndexReport, 'removed' | 'failed'>,
  limits: RunLimits,
): string[] {
  const faults: string[] = [];
  const above = (count: number, share: number) => count >= FEW && count > share * known;
  const percent = (count: number) => `${Math.round((100 * count) / Math.max(1, known))} %`;
  if (known === 0) return faults;
  if (above(removed.length, limits.removedShare)) {
    faults.push(`${removed.length} of ${known} documents vanished (${percent(removed.length)})`);
  }
  if (above(failed.length, limits.failedShare)) {
    faults.push(`${failed.length} documents could not be read (${percent(failed.length)})`);
  }
  return faults;
}
