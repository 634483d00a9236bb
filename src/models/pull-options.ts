export type PullProgress = {
  model: string;
  phase: 'download' | 'check' | 'convert';
  bytes: number;
  /** Null while only the source knows. */
  totalBytes: number | null;
};

export type PullOptions = {
  modelsDir: string;
  /** Base address of the model hub. */
  hubEndpoint: string;
  hubToken?: string | null;
  /** SPDX ids that may be used here. */
  allowLicences: readonly string[];
  /** Folder of files brought by hand, looked in before any other source. */
  localDir?: string | null;
  /** Use nothing but files of this machine. Defaults to false. */
  offline?: boolean;
  onProgress?: (progress: PullProgress) => void;
  /** One sentence on something a reader should know, such as a source that was passed over. */
  onNote?: (note: string) => void;
  signal?: AbortSignal;
  /** Defaults to `python3`. */
  python?: string;
  /** Environment of pip; the process's own when left out. */
  env?: NodeJS.ProcessEnv;
  /** A hub that sends nothing for so long is given up. Defaults to 30,000. */
  idleMs?: number;
  /** First pause after a cut connection. Defaults to 1,000. */
  retryDelayMs?: number;
  freeBytesOf?: (folder: string) => Promise<number>;
};
