import type { Unread, Verdicts } from './ledger.js';

export type RunLimits = {
  /** Shares of the documents known before: above, something is wrong with the folder, not with them. */
  removedShare: number;
  failedShare: number;
  /**
   * Share of the documents in use that may be left with less than half of their passages, and of all
   * passages in use that may go.
   */
  shrunkShare: number;
};

/** Passages of each document, by its id. */
export type PassageCounts = ReadonlyMap<string, number>;

/** Fewer documents than this may go, shrink or fail in any share. */
const FEW = 5;

/**
 * Why a run should not be published, in words; none: it may. A share that is half mounted or a broken
 * export looks like a night in which most documents were deleted, or cut to their first page.
 */
export function runFaults(
  known: number,
  { removed, unread }: Pick<Verdicts, 'removed'> & Unread,
  { live, next }: { live: PassageCounts; next: PassageCounts },
  limits: RunLimits,
): string[] {
  const faults: string[] = [];
  const above = (count: number, share: number, of: number) =>
    of > 0 && count >= FEW && count > share * of;
  const percent = (count: number, of: number) => `${Math.round((100 * count) / of)} %`;
  if (above(removed.length, limits.removedShare, known)) {
    faults.push(
      `${removed.length} of ${known} documents vanished (${percent(removed.length, known)})`,
    );
  }
  if (above(unread, limits.failedShare, known)) {
    faults.push(`${unread} documents could not be read (${percent(unread, known)})`);
  }
  const left = (id: string) => next.get(id) ?? 0;
  const smaller = [...live].filter(([id, before]) => left(id) < before);
  const shrunk = smaller.filter(([id, before]) => left(id) > 0 && left(id) < before / 2);
  if (above(shrunk.length, limits.shrunkShare, live.size)) {
    faults.push(
      `${shrunk.length} of ${live.size} documents shrank to less than half of their passages (${percent(shrunk.length, live.size)}), such as ${shrunk[0]?.[0]}`,
    );
  }
  const [before, after] = [sum(live), sum(next)];
  const lost = before - after;
  if (smaller.length >= FEW && above(lost, limits.shrunkShare, before)) {
    faults.push(`the passages fell from ${before} to ${after} (by ${percent(lost, before)})`);
  }
  return faults;
}

function sum(counts: PassageCounts): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
