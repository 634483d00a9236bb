import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import { type ErrorCode, isKakehashiError, KakehashiError, withFullDisk } from '../errors.js';
import type { Problem } from '../schemas.js';
import type { AppEnv } from './env.js';

type PublicError = {
  status: number;
  title: string;
  /** Seconds after which trying again may help. */
  retryAfter?: number;
};

/** The one place where a code becomes a status and a public title. */
export const PUBLIC_ERRORS = {
  'adapter.withdrawn': { status: 500, title: 'The adapter was taken out of service' },
  'adapter.base_mismatch': { status: 500, title: 'The adapter does not fit the model' },
  'adapter.invalid': { status: 500, title: 'The adapter is damaged' },
  'adapter.not_found': { status: 404, title: 'No such adapter' },
  'auth.required': { status: 401, title: 'A key is required' },
  // 499 is nginx's "client closed request"; nobody is left to read it but the log.
  cancelled: { status: 499, title: 'The caller gave up' },
  'config.invalid': { status: 500, title: 'The configuration is wrong' },
  'conversation.not_found': { status: 404, title: 'No such conversation' },
  'corpus.not_found': { status: 404, title: 'No such corpus' },
  'data.newer_schema': { status: 500, title: 'The data is of a newer version' },
  'deadline.exceeded': { status: 504, title: 'The time limit has passed' },
  'disk.full': { status: 507, title: 'The disk is full' },
  'document.not_found': { status: 404, title: 'No such document' },
  'engine.busy': { status: 503, title: 'Too many questions at once', retryAfter: 2 },
  'engine.crashed': { status: 503, title: 'The model stopped', retryAfter: 5 },
  'engine.no_binary': { status: 500, title: 'The model cannot run on this machine' },
  'engine.prompt_too_long': { status: 422, title: 'The question is too long for the model' },
  'engine.unavailable': { status: 503, title: 'The model is not ready', retryAfter: 5 },
  'gate.refused': { status: 409, title: 'A quality gate refused' },
  'ingest.personal_data': { status: 422, title: 'The document holds personal data' },
  'ingest.read_failed': { status: 422, title: 'The file could not be read' },
  'ingest.source_failed': { status: 502, title: 'The source of the documents could not be read' },
  'ingest.too_large': { status: 413, title: 'The file is too large' },
  internal: { status: 500, title: 'Something went wrong' },
  'model.checksum_mismatch': { status: 500, title: 'The model file is damaged' },
  'model.download_failed': { status: 500, title: 'The model could not be fetched' },
  'model.invalid': { status: 500, title: 'The model file is not valid' },
  'model.licence_refused': { status: 500, title: 'The licence of the model is not allowed' },
  'model.not_found': { status: 404, title: 'No such model' },
  'model.not_pulled': { status: 503, title: 'The model is not there yet', retryAfter: 60 },
  'model.source_missing': { status: 500, title: 'The source of the model is missing' },
  'model.truncated': { status: 500, title: 'The model file is incomplete' },
  'port.taken': { status: 500, title: 'The port is taken' },
  'request.conflict': { status: 409, title: 'The request contradicts an earlier one' },
  'request.invalid': { status: 400, title: 'The request is not valid' },
  'request.too_large': { status: 413, title: 'The request is too large' },
  'route.not_found': { status: 404, title: 'No such address' },
  'store.invalid_row': { status: 500, title: 'The stored data is damaged' },
  'store.locked': { status: 503, title: 'The data is in use', retryAfter: 5 },
  'store.not_published': { status: 503, title: 'Nothing is indexed yet', retryAfter: 30 },
  'store.version_missing': { status: 503, title: 'An index version is missing', retryAfter: 30 },
} as const satisfies Record<ErrorCode, PublicError>;

export type ProblemOptions = {
  /** Where one code has several (415 and 400 for `request.invalid`). Defaults to the table's. */
  status?: number;
  errors?: NonNullable<Problem['errors']>;
};

/** The typed error for whatever was thrown; `internal` when it was not expected. */
export function toKakehashiError(thrown: unknown): KakehashiError {
  const known = withFullDisk(thrown);
  if (isKakehashiError(known)) return known;
  if (thrown instanceof HTTPException && thrown.status === 400) {
    return new KakehashiError('request.invalid', 'The body is not valid JSON.', {
      remedy: 'Send one JSON object, encoded in UTF-8.',
    });
  }
  return new KakehashiError('internal', 'Unexpected error.', { cause: thrown });
}

/** RFC 9457. The text of an unexpected error stays inside: it may hold a question or a path. */
export function toProblem(
  error: KakehashiError,
  requestId: string,
  options: ProblemOptions = {},
): Problem {
  const { status, title } = PUBLIC_ERRORS[error.code];
  const isInternal = error.code === 'internal';
  const remedy = isInternal
    ? 'Try again; if it stays, give the request id to the maintainer, who finds it in the log.'
    : error.remedy;
  return {
    type: `urn:kakehashi:problem:${error.code}`,
    title,
    status: options.status ?? status,
    code: error.code,
    detail: isInternal ? 'The service met an error that it did not expect.' : error.message,
    ...(remedy === undefined ? {} : { remedy }),
    request_id: requestId,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  };
}

/** Answers with a problem and notes its code for the log. */
export function respondProblem(
  c: Context<AppEnv>,
  thrown: unknown,
  options: ProblemOptions & { headers?: Record<string, string> } = {},
): Response {
  const error = toKakehashiError(thrown);
  noteError(c, error);
  const problem = toProblem(error, c.get('requestId'), options);
  const known: PublicError = PUBLIC_ERRORS[error.code];
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'Content-Type': 'application/problem+json',
    ...(known.retryAfter === undefined ? {} : { 'Retry-After': String(known.retryAfter) }),
    ...(known.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...options.headers,
  });
}

/**
 * Puts code, details and, for what nobody expected, the place in our code on the log line. Only
 * the frames of the stack: its first line is the message, which can quote what was asked.
 */
export function noteError(c: Context<AppEnv>, error: KakehashiError): void {
  const facts = c.get('facts');
  facts['code'] = error.code;
  for (const [name, value] of Object.entries(error.detail)) facts[`detail_${name}`] = value;
  if (error.code !== 'internal') return;
  const { cause } = error;
  facts['error'] = cause instanceof Error ? cause.name : typeof cause;
  const origin = cause instanceof Error ? cause : error;
  const frames = origin.stack
    ?.replace(origin.message, '')
    .split('\n')
    .filter((line) => /^\s+at /u.test(line));
  facts['stack'] = frames?.slice(0, 12).join('\n') ?? '';
}

/** Path and message of each wrong field, without the values sent. At most 20. */
export function toFieldErrors(error: ZodError): NonNullable<Problem['errors']> {
  return error.issues.slice(0, 20).flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      return [{ path: path.join('.'), message: issue.message }];
    }
    return issue.keys.slice(0, 20).map((key) => ({
      path: [...path, key.slice(0, 64)].join('.'),
      message: 'unknown field',
    }));
  });
}
