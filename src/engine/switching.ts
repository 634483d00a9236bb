import { KakehashiError } from '../errors.js';
import type { Engine } from './engine.js';

/** An engine and the names of the adapters it was started with. */
export type Loaded = { engine: Engine; adapters: readonly string[] };

export type SwitchingEngine = Engine & {
  /**
   * Puts `next` in the place of the engine in service as soon as it is ready. New answers go to
   * `next`, unless they were decided for an adapter that only the old one holds; the old one is
   * closed after its last answer. If `next` does not become ready it is closed, everything stays as
   * it was, and its error is thrown.
   */
  switchTo(next: Loaded, options?: { signal?: AbortSignal | undefined }): Promise<void>;
};

/** Longest way of a question from the choice of an adapter to the engine, many times over. */
const GRACE_MS = 5000;

type Served = Loaded & { working: number; retired: boolean };

/** One engine to its callers, whichever one is behind it at the time. */
export function createSwitchingEngine(
  first: Loaded,
  { graceMs = GRACE_MS }: { graceMs?: number } = {},
): SwitchingEngine {
  let current: Served = { ...first, working: 0, retired: false };
  /** Newest last. */
  const open: Served[] = [current];
  let closed = false;

  async function close(served: Served): Promise<void> {
    const at = open.indexOf(served);
    if (at >= 0) open.splice(at, 1);
    await served.engine.close();
  }

  /** A child that does not close is killed by its supervisor: nobody here can do more. */
  function closeQuietly(served: Served): void {
    close(served).catch(() => undefined);
  }

  async function using<T>(served: Served, work: (engine: Engine) => Promise<T>): Promise<T> {
    served.working++;
    try {
      return await work(served.engine);
    } finally {
      served.working--;
      if (served.retired && served.working === 0) closeQuietly(served);
    }
  }

  function holding(adapter: string | null): Served {
    if (adapter === null) return current;
    return open.findLast(({ adapters }) => adapters.includes(adapter)) ?? current;
  }

  function retire(served: Served): void {
    const timer = setTimeout(() => {
      served.retired = true;
      if (served.working === 0) closeQuietly(served);
    }, graceMs);
    timer.unref();
  }

  return {
    state: () => current.engine.state(),
    ready: (options) => using(current, (engine) => engine.ready(options)),
    countTokens: (messages, options) =>
      using(current, (engine) => engine.countTokens(messages, options)),
    generate: (request, options) =>
      using(holding(request.adapter), (engine) => engine.generate(request, options)),
    async switchTo(next, { signal } = {}) {
      try {
        await next.engine.ready({ signal });
        if (closed) throw new KakehashiError('engine.unavailable', 'The service is stopping.');
      } catch (error) {
        await next.engine.close();
        throw error;
      }
      const old = current;
      current = { ...next, working: 0, retired: false };
      open.push(current);
      retire(old);
    },
    async close() {
      closed = true;
      await Promise.all(open.slice().map(close));
    },
  };
}
