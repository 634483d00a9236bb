/** Steps of a piece of work, one of which fails: before it was done, or done but not said. */
export type FailingSteps = {
  /** From now on the step with this number, from 1, fails. */
  failAt(step: number, when: 'before' | 'after'): void;
  /** No step fails any more; gives the names of all that were taken since `failAt`. */
  rest(): string[];
  /** `begun`: what runs on by itself if `work` is not done, and has to end before the step fails. */
  step<T>(name: string, work: () => Promise<T>, begun?: () => Promise<unknown>): Promise<T>;
  /** The same object; each of its asynchronous calls named in `ASYNC` is a step. */
  wrap<T extends object>(target: T): T;
};

/** The calls of the store's libraries that wait for a disk. */
const ASYNC = new Set<string | symbol>(
  (
    'tableNames openTable createEmptyTable createTable dropTable version countRows listIndices indexStats ' +
    'listVersions checkout restore createIndex optimize execute toArray toArrow next writeFile sync'
  ).split(' '),
);

const HANDLES = new Set(
  'LocalConnection LocalTable MergeInsertBuilder FileHandle Query VectorQuery TakeQuery'.split(' '),
);

/** A query that was begun and whose rows nobody takes fails by itself once its table is closed. */
const READS = /\.(?:next|toArray|toArrow)$/u;
/** A merge reads the schema as soon as it is put together; run on nothing it waits for that and fails. */
const MERGES = /^MergeInsertBuilder\.execute$/u;

/** What was opened and given to nobody. */
async function closed(done: unknown): Promise<void> {
  if (typeof done === 'object' && done !== null && 'close' in done) {
    if (typeof done.close === 'function') await done.close();
  }
}

export function createFailingSteps(): FailingSteps {
  let plan: { at: number; when: 'before' | 'after' } | null = null;
  let taken: string[] = [];

  async function step<T>(
    name: string,
    work: () => Promise<T>,
    begun?: () => Promise<unknown>,
  ): Promise<T> {
    if (plan === null) return await work();
    const { at, when } = plan;
    if (taken.push(name) !== at) return await work();
    if (when === 'after') await closed(await work());
    else await begun?.();
    // As both the file system and LanceDB word it, with a path that nobody should see.
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${name} '/secret/path'`), {
      code: 'ENOSPC',
    });
  }

  function wrap<T extends object>(target: T): T {
    const proxy: T = new Proxy(target, {
      get(_, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          // Nobody pulls the plug on a test, and a disk takes its time.
          const call = (): unknown =>
            key === 'sync' ? undefined : Reflect.apply(value, target, given);
          if (ASYNC.has(key)) {
            const name = `${target.constructor.name}.${String(key)}`;
            const work = async () => wrapIfHandle(await call());
            if (READS.test(name)) return step(name, work, work);
            if (MERGES.test(name)) {
              return step(name, work, () =>
                Reflect.apply(value, target, []).catch(() => undefined),
              );
            }
            return step(name, work);
          }
          const result = call();
          if (result === target) return proxy; // as builders do
          if (key === Symbol.asyncIterator) return wrap(result as AsyncIterator<unknown>);
          return wrapIfHandle(result);
        };
      },
    });
    return proxy;
  }

  /** Handles and builders are watched on; rows, numbers and plain answers are what they are. */
  function wrapIfHandle<T>(value: T): T {
    const isHandle =
      typeof value === 'object' && value !== null && HANDLES.has(value.constructor.name);
    return isHandle ? (wrap(value as T & object) as T) : value;
  }

  return {
    failAt(at, when) {
      plan = { at, when };
      taken = [];
    },
    rest() {
      plan = null;
      return taken;
    },
    step,
    wrap,
  };
}
