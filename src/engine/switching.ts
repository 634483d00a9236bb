import { KakehashiError } from '../errors.js';
import type { Engine } from './engine.js';

export type SwitchingEngine = Engine & {
  /**
   * Puts `next` in the place of the engine in service as soon as it is ready: answers under way end
   * on the old one, which is closed after its last, new ones go to `next`. If `next` does not become
   * ready it is closed, everything stays as it was, and its error is thrown.
   */
  switchTo(next: Engine, options?: { signal?: AbortSignal | undefined }): Promise<void>;
};

type Served = { engine: Engine; working: number; retired: boolean };

/** One engine to its callers, whichever one is behind it at the time. */
export function createSwitchingEngine(first: Engine): SwitchingEngine {
  let current: Served = { engine: first, working: 0, retired: false };
  const open = new Set<Served>([current]);
  let closed = false;

  async function close(served: Served): Promise<void> {
    await served.engine.close();
    open.delete(served);
  }

  async function using<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const served = current;
    served.working++;
    try {
      return await work(served.engine);
    } finally {
      served.working--;
      if (served.retired && served.working === 0) closeQuietly(served);
    }
  }

  /** A child that does not close is killed by its supervisor: nobody here can do more. */
  function closeQuietly(served: Served): void {
    close(served).catch(() => undefined);
  }

  return {
    state: () => current.engine.state(),
    ready: (options) => using((engine) => engine.ready(options)),
    countTokens: (messages, options) => using((engine) => engine.countTokens(messages, options)),
    generate: (request, options) => using((engine) => engine.generate(request, options)),
    async switchTo(next, { signal } = {}) {
      try {
        await next.ready({ signal });
        if (closed) throw new KakehashiError('engine.unavailable', 'The service is stopping.');
      } catch (error) {
        await next.close();
        throw error;
      }
      const old = current;
      current = { engine: next, working: 0, retired: false };
      open.add(current);
      old.retired = true;
      if (old.working === 0) closeQuietly(old);
    },
    async close() {
      closed = true;
      await Promise.all([...open].map(close));
    },
  };
}
