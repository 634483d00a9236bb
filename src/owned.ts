/** Closes what was opened, last first, each once, and also when one of them fails to close. */
export function createOwned(): { add(close: () => unknown): void; close(): Promise<void> } {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => closers.push(close),
    async close() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0)
        throw new AggregateError(failures, 'Not everything could be closed.');
    },
  };
}
