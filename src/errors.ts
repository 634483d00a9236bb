/**
 * Every error that a caller may treat differently has a code. `http/errors.ts` maps a code to a
 * status and a public text; the command line maps it to an exit code. Outcomes that a caller
 * expects (abstained, nothing found) are values, not errors.
 */
export type ErrorCode =
  | 'adapter.base_mismatch'
  | 'adapter.withdrawn'
  | 'adapter.invalid'
  | 'adapter.not_found'
  | 'auth.required'
  | 'cancelled'
  | 'config.invalid'
  | 'conversation.not_found'
  | 'corpus.not_found'
  | 'data.newer_schema'
  | 'deadline.exceeded'
  | 'disk.full'
  | 'document.not_found'
  | 'engine.busy'
  | 'engine.crashed'
  | 'engine.no_binary'
  | 'engine.prompt_too_long'
  | 'engine.unavailable'
  | 'gate.refused'
  | 'ingest.personal_data'
  | 'ingest.read_failed'
  | 'ingest.source_failed'
  | 'ingest.too_large'
  | 'internal'
  | 'model.checksum_mismatch'
  | 'model.download_failed'
  | 'model.invalid'
  | 'model.licence_refused'
  | 'model.not_found'
  | 'model.not_pulled'
  | 'model.source_missing'
  | 'model.truncated'
  | 'port.taken'
  | 'request.conflict'
  | 'request.invalid'
  | 'request.too_large'
  | 'route.not_found'
  | 'store.invalid_row'
  | 'store.locked'
  | 'store.not_published'
  | 'store.version_missing';

export type ErrorOptions = {
  /** What the reader can do about it, one sentence. */
  remedy?: string | undefined;
  /** Numbers and names for logs and machines; never question, passage or file text. */
  detail?: Readonly<Record<string, string | number | boolean>>;
  cause?: unknown;
};

/** The one error type of the project; `message` is safe to show to a user. */
export class KakehashiError extends Error {
  override readonly name = 'KakehashiError' as const;
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly detail: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.detail = options.detail ?? {};
  }
}

export function isKakehashiError(error: unknown): error is KakehashiError {
  return error instanceof KakehashiError;
}

/** An error on its way to another process: without cause and stack. */
export type PlainError = Omit<ErrorOptions, 'cause' | 'detail'> &
  Pick<KakehashiError, 'code' | 'message' | 'detail'>;

export function toPlainError({ code, message, remedy, detail }: KakehashiError): PlainError {
  return { code, message, remedy, detail };
}

export function fromPlainError({ code, message, ...options }: PlainError): KakehashiError {
  return new KakehashiError(code, message, options);
}

/** Whether `error` is the given operating-system error (`ENOSPC`, `EADDRINUSE`, …). */
export function isSystemError(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether a disk or a quota is full. */
export function isFullDisk(error: unknown): boolean {
  return isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT');
}

/** A full disk or quota as `disk.full`, anything else as it is. */
export function withFullDisk(error: unknown): unknown {
  if (!isFullDisk(error)) return error;
  return new KakehashiError('disk.full', 'The disk is full.', {
    remedy: 'Free space on the disk of the data folder.',
    cause: error,
  });
}

/**
 * Turns the abort of `signal` into a typed error: `deadline.exceeded` when a time limit fired,
 * `cancelled` when a caller gave up.
 */
export function abortError(signal: AbortSignal): KakehashiError {
  const reason: unknown = signal.reason;
  if (reason instanceof KakehashiError) return reason;
  const timedOut = reason instanceof DOMException && reason.name === 'TimeoutError';
  return timedOut
    ? new KakehashiError('deadline.exceeded', 'The time limit of this request has passed.', {
        remedy: 'Raise deadline_ms, ask a shorter question, or try again when fewer people ask.',
      })
    : new KakehashiError('cancelled', 'The request was cancelled.');
}

/** Throws the typed abort error when `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
