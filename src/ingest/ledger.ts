import type { StoredDocument } from '../store/passage.js';
import type { IndexReport } from './index-report.js';
import { isFolder } from './list-files.js';

/** What the index holds before the run; `source` is null when no text is stored. */
export type KnownDocument = {
  revision: string;
  passages: number;
  upToDate: boolean;
  source: string | null;
};

/** What a run found. */
export type Verdicts = Pick<
  IndexReport,
  'added' | 'changed' | 'removed' | 'unchanged' | 'touched' | 'failed'
>;

/** Documents of the index whose file could not be read; a picture that never was one is none. */
export type Unread = { unread: number };

export type Verdict = 'write' | 'save-text' | 'skip';

export type Failure = {
  /** `line 12` of a file with several documents. */
  place?: string | undefined;
  /** Its rights may have been narrowed: no document of its file may stay in an earlier version. */
  withdraws?: boolean | undefined;
};

export type Ledger = ReturnType<typeof createLedger>;

/** Compares documents as they are read with what is indexed. Lists are complete after `close`. */
export function createLedger(
  known: ReadonlyMap<string, KnownDocument>,
  options: { full: boolean },
) {
  const seen = new Map<string, string>();
  const withdrawn = new Set<string>();
  const failures: { path: string; place: string | undefined; reason: string }[] = [];
  const added: string[] = [];
  const changed: string[] = [];
  const touched: string[] = [];
  let unchanged = 0;

  function fail(path: string, reason: string, failure: Failure = {}): void {
    if (failure.withdraws === true) withdrawn.add(path);
    failures.push({ path, place: failure.place, reason });
  }

  /** A document that is as it was: its file was not read. */
  function settle(id: string, source: string): void {
    seen.set(id, source);
    unchanged++;
  }

  /** What has to be done about a document; `isTouched`: its file is not the one of the last run. */
  function take(
    { id, revision, source }: StoredDocument,
    { isTouched = false }: { isTouched?: boolean } = {},
  ): Verdict {
    const first = seen.get(id);
    if (first !== undefined) {
      fail(source, `Its id is already that of a document in ${first}. Give it another id.`);
      return 'skip';
    }
    seen.set(id, source);
    const before = known.get(id);
    if (before === undefined) added.push(id);
    else if (before.revision !== revision || !before.upToDate || options.full) changed.push(id);
    else {
      unchanged++;
      if (isTouched) touched.push(id);
      return before.source === source ? 'skip' : 'save-text';
    }
    return 'write';
  }

  /**
   * Decides about documents that were not met: those of a file or folder that could not be read
   * stay unless a failure withdraws them, the others are gone.
   */
  function close(): Verdicts & Unread {
    const paths = new Set(failures.map((failure) => failure.path));
    const folders = [...paths].filter(isFolder);
    const unread = (source: string): string[] => [
      ...(paths.has(source) ? [source] : []),
      ...folders.filter((folder) => source.startsWith(folder)),
    ];
    const keptPaths = new Set<string>();
    const removed: string[] = [];
    let unreadDocuments = 0;
    for (const [id, { source }] of known) {
      if (seen.has(id)) continue;
      const reasons = source === null ? [] : unread(source);
      if (reasons.length > 0) unreadDocuments++;
      if (reasons.length === 0 || withdrawn.has(source ?? '')) removed.push(id);
      else for (const path of reasons) keptPaths.add(path);
    }
    const failed = failures.map(({ path, place, reason }) => ({
      source: place === undefined ? path || '(documents folder)' : `${path}, ${place}`,
      reason,
      keptEarlier: keptPaths.has(path),
    }));
    return {
      added: added.toSorted(),
      changed: changed.toSorted(),
      removed: removed.toSorted(),
      unchanged,
      touched: touched.toSorted(),
      failed,
      unread: unreadDocuments,
    };
  }

  return { fail, settle, take, close };
}
