/** What a source has to deliver, and where to. */
export type SourceTarget = {
  /** Unfinished file; a source may go on from what is there, and leaves it when it fails. */
  partPath: string;
  /** Null when nothing is known before the first pull. */
  bytes: number | null;
  sha256: string | null;
};

export type SourceContext = {
  signal: AbortSignal;
  /** Bytes of the file that are here, and of how many when that is known. */
  onBytes: (bytes: number, totalBytes: number | null) => void;
  /** Throws `disk.full` when so many more bytes do not fit. */
  assertSpace: (bytes: number) => Promise<void>;
};
