/** Turns at one resource: the urgent ones first, then in order of arrival. */
import { abortError, KakehashiError } from '../errors.js';

export type Turns = {
  /** A place for a piece of work that takes one or more turns. Errors: `engine.busy` when full. */
  join(): {
    /** Waits for a turn; call what it resolves to when the turn is over. */
    turn(urgent: boolean, signal: AbortSignal): Promise<() => void>;
    leave(): void;
  };
};

export type TurnsOptions = {
  /** Pieces of work that may wait besides the one that runs. */
  queueLimit: number;
};

export function createTurns(options: TurnsOptions): Turns {
  const waiting: { urgent: boolean; start: () => void }[] = [];
  let busy = false;
  let joined = 0;

  const next = (): void => {
    const urgent = waiting.findIndex((entry) => entry.urgent);
    const [entry] = waiting.splice(Math.max(0, urgent), 1);
    busy = entry !== undefined;
    entry?.start();
  };
  const once = (action: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      action();
    };
  };

  return {
    join() {
      if (joined > options.queueLimit) {
        throw new KakehashiError('engine.busy', 'Too many requests wait for the model.', {
          remedy: 'Try again in a moment.',
          detail: { waiting: joined - 1, queueLimit: options.queueLimit },
        });
      }
      joined += 1;
      return {
        leave: once(() => {
          joined -= 1;
        }),
        turn(urgent, signal) {
          if (signal.aborted) return Promise.reject(abortError(signal));
          if (!busy) {
            busy = true;
            return Promise.resolve(once(next));
          }
          return new Promise((resolve, reject) => {
            const entry = {
              urgent,
              start: (): void => {
                signal.removeEventListener('abort', giveUp);
                resolve(once(next));
              },
            };
            const giveUp = (): void => {
              const index = waiting.indexOf(entry);
              if (index >= 0) waiting.splice(index, 1);
              reject(abortError(signal));
            };
            signal.addEventListener('abort', giveUp, { once: true });
            waiting.push(entry);
          });
        },
      };
    },
  };
}
