import { abortError, KakehashiError, throwIfAborted } from '../errors.js';
import type { AppEnv } from './env.js';

type CallerSignalOptions = {
  /** The request's own signal: fires when the connection is gone. */
  request: AbortSignal;
  shutdown: AppEnv['Bindings']['shutdown'];
  timeoutMs: number;
};

export type CallerSignal = {
  signal: AbortSignal;
  /** For a stream whose reader is gone. */
  cancel: () => void;
  release: () => void;
};

/**
 * One signal for everything that ends a request early, always with a typed reason. Written out
 * instead of `AbortSignal.any`, whose dependants stay with a signal that lives as long as the
 * server.
 */
export function openCallerSignal(options: CallerSignalOptions): CallerSignal {
  const controller = new AbortController();
  const cancel = () =>
    controller.abort(new KakehashiError('cancelled', 'The caller closed the connection.'));
  const stop = () => controller.abort(options.shutdown?.reason);
  const timer = setTimeout(() => {
    controller.abort(new DOMException('time limit', 'TimeoutError'));
  }, options.timeoutMs);
  options.request.addEventListener('abort', cancel, { once: true });
  options.shutdown?.addEventListener('abort', stop, { once: true });
  if (options.request.aborted) cancel();
  if (options.shutdown?.aborted) stop();
  return {
    signal: controller.signal,
    cancel,
    release() {
      clearTimeout(timer);
      options.request.removeEventListener('abort', cancel);
      options.shutdown?.removeEventListener('abort', stop);
    },
  };
}

/** `work`, or the typed abort error as soon as `signal` fires, however slow `work` is to notice. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    work.catch(() => undefined);
    throwIfAborted(signal);
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
