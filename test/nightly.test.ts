import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NightlyOptions, scheduleNightly } from '../src/nightly.js';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2025-03-01T00:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

function options(overrides: Partial<NightlyOptions> = {}): NightlyOptions {
  return {
    schedule: '30 2 * * *',
    timeZone: 'Asia/Tokyo',
    jitterMinutes: 0,
    windowMinutes: 60,
    run: () => Promise.resolve(),
    onFailure: () => undefined,
    ...overrides,
  };
}

describe('scheduleNightly', () => {
  it('knows when it is due in a time zone', async () => {
    await using nightly = scheduleNightly(options());
    // 02:30 in Tokyo on the second is 17:30 UTC on the first.
    expect(nightly.next()?.toISOString()).toBe('2025-03-01T17:30:00.000Z');
  });

  it('runs each night, also after one that failed', async () => {
    const run = vi.fn<NightlyOptions['run']>(() => Promise.reject(new Error('no disk')));
    const onFailure = vi.fn<NightlyOptions['onFailure']>();
    const nightly = scheduleNightly(options({ run, onFailure }));
    await vi.advanceTimersByTimeAsync(2 * 86_400_000);
    await nightly[Symbol.asyncDispose]();
    expect(run).toHaveBeenCalledTimes(2);
    expect(onFailure).toHaveBeenCalledTimes(2);
  });

  it('ends the run in work when it is closed, and says nothing of it', async () => {
    const seen: AbortSignal[] = [];
    const onFailure = vi.fn<NightlyOptions['onFailure']>();
    const run = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        seen.push(signal);
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    const nightly = scheduleNightly(options({ run, onFailure }));
    await vi.advanceTimersByTimeAsync(18 * 3_600_000);
    expect(seen).toHaveLength(1);
    await nightly[Symbol.asyncDispose]();
    expect(seen[0]?.aborted).toBe(true);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('counts the window from the start of the run, after the jitter', async () => {
    const run = vi.fn<NightlyOptions['run']>((signal) => Promise.resolve(signal.throwIfAborted()));
    const onFailure = vi.fn<NightlyOptions['onFailure']>();
    // 200 ms of jitter, 100 ms of window: neither clock is that of the fake timers.
    const times = { jitterMinutes: 1 / 300, windowMinutes: 1 / 600, random: () => 1 };
    await using nightly = scheduleNightly(options({ run, onFailure, ...times }));
    await vi.advanceTimersByTimeAsync(18 * 3_600_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1));
    expect(nightly.next()).not.toBeNull();
    expect(onFailure).not.toHaveBeenCalled();
  });

  it.each([{ schedule: 'at night' }, { timeZone: 'Moon/Base' }])('refuses %o', (wrong) => {
    expect(() => scheduleNightly(options(wrong))).toThrow(/schedule/u);
  });
});
