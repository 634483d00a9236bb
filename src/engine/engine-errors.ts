import { KakehashiError } from '../errors.js';

export function crashedError(reason: string, adapter: string | null): KakehashiError {
  return new KakehashiError(
    'engine.crashed',
    'The language model stopped while it was answering.',
    {
      remedy: 'Ask again: it restarts by itself.',
      detail: { reason, ...(adapter === null ? {} : { adapter }) },
    },
  );
}

export function unavailableError(cause: {
  reason: string;
  adapter: string | null;
  delayMs: number;
}): KakehashiError {
  const { reason, adapter, delayMs } = cause;
  const seconds = Math.ceil(delayMs / 1000);
  const last = adapter === null ? '' : ` Adapter used last: ${adapter}.`;
  return new KakehashiError(
    'engine.unavailable',
    `The language model keeps stopping (${reason}).${last}`,
    {
      remedy: `It is tried again in ${seconds} s; the log has the details.`,
      detail: { reason, retryMs: delayMs, ...(adapter === null ? {} : { adapter }) },
    },
  );
}

export function quarantinedError(adapter: string): KakehashiError {
  return new KakehashiError(
    'engine.unavailable',
    `The adapter ${adapter} is switched off: the language model stopped repeatedly while using it.`,
    { remedy: 'Vet the adapter, then restart the service.', detail: { adapter } },
  );
}

export function closedError(): KakehashiError {
  return new KakehashiError('engine.unavailable', 'The language model is shut down.');
}

export function waitingFullError(waiting: number, queueLimit: number): KakehashiError {
  return new KakehashiError('engine.busy', 'Too many requests wait for the language model.', {
    remedy: 'Try again in a moment.',
    detail: { waiting, queueLimit },
  });
}

/** What a request is told when loading failed for good: the reason, under one code. */
export function asUnavailable(error: unknown): unknown {
  const passed = ['engine.', 'cancelled', 'deadline.', 'request.', 'adapter.not_found', 'internal'];
  if (!(error instanceof KakehashiError)) return error;
  const own = passed.some((prefix) => error.code.startsWith(prefix));
  if (own && error.code !== 'engine.no_binary') return error;
  return new KakehashiError('engine.unavailable', error.message, {
    remedy: error.remedy,
    detail: { ...error.detail, reason: error.code },
    cause: error,
  });
}
