import { PERSONAL_KINDS } from '../personal-data.js';
import type { KnownFile } from '../store/record-files.js';
import { isSettled, markOf } from './file-marks.js';
import type { KnownFiles } from './index-port.js';
import type { KnownDocument } from './ledger.js';
import type { SourceFile } from './list-files.js';
import { sketchOf } from './near-duplicates.js';
import type { PreparedDocument } from './prepare.js';
import { type PrepareFileNeeds, prepareFile } from './prepare-file.js';
import { SIDECAR } from './sidecar.js';

export type TakeFileNeeds = PrepareFileNeeds & {
  /** What files came to in earlier runs; null: every file is read. */
  files: KnownFiles | null;
  /** The documents of the index. */
  known: ReadonlyMap<string, KnownDocument>;
  /** What could not be fetched for this run. */
  unread?: readonly { path: string }[];
  full: boolean;
  dryRun: boolean;
};

export type TakenFile = {
  /** What came of it, now or the last time. */
  came: KnownFile;
  /** Its documents; null when it is as it was and was not read. */
  prepared: PreparedDocument[] | null;
  /** It was read before, and its bytes, sidecar or rights were others. */
  isTouched: boolean;
};

/** Reads the files of a run that are not as they were, and remembers what came of them. */
export function createFileTaker(needs: TakeFileNeeds): (file: SourceFile) => Promise<TakenFile> {
  const { corpus, files, known, full, dryRun } = needs;
  const earlier = files?.known(corpus.name) ?? new Map<string, KnownFile>();
  const unread = new Set(needs.unread?.map(({ path }) => path));

  return async (file) => {
    if (unread.has(file.path + SIDECAR)) {
      needs.fail(file.path, NO_SIDECAR, { withdraws: true });
      return { came: knownFile('', []), prepared: [], isTouched: false };
    }
    const before = earlier.get(file.path);
    const mark = files === null ? null : await markOf(file, corpus);
    if (!full && before?.mark === mark && before !== undefined) {
      const isSame = isSettled(before, file.path, known);
      if (isSame) return { came: before, prepared: null, isTouched: false };
    }
    let isSound = true;
    const fail: TakeFileNeeds['fail'] = (...failure) => {
      isSound = false;
      needs.fail(...failure);
    };
    const prepared = await prepareFile(file, { ...needs, fail });
    const came = knownFile(mark ?? '', prepared);
    // One with a fault is read again, so that the fault is reported until it is mended.
    if (isSound && mark !== null && !dryRun) files?.save(corpus.name, file.path, came);
    return { came, prepared, isTouched: before !== undefined };
  };
}

const NO_SIDECAR = `Its ${SIDECAR} could not be fetched, and its rights may stand in there. It is tried again at the next run.`;

function knownFile(mark: string, prepared: readonly PreparedDocument[]): KnownFile {
  const sum = (kind: (typeof PERSONAL_KINDS)[number]) =>
    prepared.reduce((total, { personal }) => total + personal[kind], 0);
  return {
    mark,
    documents: prepared.map(({ document: { id, revision, text } }) => ({
      id,
      revision,
      sketch: sketchOf(text),
    })),
    personal: Object.fromEntries(PERSONAL_KINDS.map((kind) => [kind, sum(kind)])),
  };
}
