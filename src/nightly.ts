import { setTimeout as wait } from 'node:timers/promises';
import { Cron } from 'croner';
import { KakehashiError } from './errors.js';

export type NightlyOptions = {
  /** Five fields of cron (POSIX crontab), such as `30 2 * * *`. */
  schedule: string;
  /** IANA name, such as `Asia/Tokyo`; empty: that of the machine. */
  timeZone: string;
  /** Each run starts up to so much later, so that many machines do not start at once. */
  jitterMinutes: number;
  /** A run that takes longer is stopped; the next one goes on where it was. */
  windowMinutes: number;
  run: (signal: AbortSignal) => Promise<void>;
  /** A run that failed; the next one is tried all the same. */
  onFailure: (error: unknown) => void;
  /** 0 up to 1; defaults to chance. */
  random?: () => number;
};

export type Nightly = AsyncDisposable & {
  /** When the next run is due, without jitter. */
  next(): Date | null;
};

/**
 * Runs something by the clock, never twice at once: a run that is due while the last one works is left
 * out. Disposing it ends the run in work. Errors: `config.invalid` for a schedule or time zone that is
 * none.
 */
export function scheduleNightly(options: NightlyOptions): Nightly {
  const ending = new AbortController();
  const random = options.random ?? Math.random;
  let working: Promise<void> = Promise.resolve();

  async function work(): Promise<void> {
    try {
      const jitterMs = random() * options.jitterMinutes * 60_000;
      await wait(jitterMs, undefined, { signal: ending.signal });
      const limit = AbortSignal.timeout(options.windowMinutes * 60_000);
      await options.run(AbortSignal.any([ending.signal, limit]));
    } catch (error) {
      if (!ending.signal.aborted) options.onFailure(error);
    }
  }

  const job = openJob(options, () => {
    working = work();
    return working;
  });
  return {
    next: () => job.nextRun(),
    async [Symbol.asyncDispose]() {
      job.stop();
      ending.abort();
      await working;
    },
  };
}

function openJob({ schedule, timeZone }: NightlyOptions, work: () => Promise<void>): Cron {
  try {
    // Unreferenced: a schedule alone keeps no process alive.
    const given = {
      protect: true,
      unref: true,
      ...(timeZone === '' ? {} : { timezone: timeZone }),
    };
    return new Cron(schedule, given, work);
  } catch (cause) {
    throw new KakehashiError('config.invalid', 'The schedule of nightly runs cannot be read.', {
      remedy: 'Write nightly as five cron fields ("30 2 * * *") and the zone as "Asia/Tokyo".',
      cause,
    });
  }
}
