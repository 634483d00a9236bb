/** Callers that wait for the same thing, each within its own signal. */
import { abortError, type KakehashiError } from '../errors.js';

export type Waiters<Value> = {
  wait(signal: AbortSignal | undefined): Promise<Value>;
  resolveAll(value: Value): void;
  rejectAll(error: KakehashiError): void;
  size(): number;
};

export function createWaiters<Value>(): Waiters<Value> {
  const waiting = new Set<{
    resolve: (value: Value) => void;
    reject: (error: unknown) => void;
    stop: () => void;
  }>();
  const takeAll = () => {
    const all = [...waiting];
    waiting.clear();
    for (const { stop } of all) stop();
    return all;
  };
  return {
    size: () => waiting.size,
    resolveAll: (value) => takeAll().forEach(({ resolve }) => resolve(value)),
    rejectAll: (error) => takeAll().forEach(({ reject }) => reject(error)),
    wait: (signal) =>
      new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(waiter);
          if (signal !== undefined) reject(abortError(signal));
        };
        const stop = (): void => signal?.removeEventListener('abort', leave);
        const waiter = { resolve, reject, stop };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.add(waiter);
      }),
  };
}
