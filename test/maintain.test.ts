import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KakehashiError } from '../src/errors.js';
import { forgetConversations } from '../src/maintain.js';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2025-03-31T00:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('forgetConversations', () => {
  it('removes what nobody continued for so many days, at once and every day until it is closed', () => {
    const removed: string[] = [];
    const removeUnchangedSince = (time: Date) => removed.push(time.toISOString().slice(0, 10));
    const forgetting = forgetConversations(
      { keep_conversations_days: 30 },
      { removeUnchangedSince },
    );
    expect(removed).toEqual(['2025-03-01']);
    vi.advanceTimersByTime(2 * DAY_MS);
    forgetting[Symbol.dispose]();
    vi.advanceTimersByTime(2 * DAY_MS);
    expect(removed).toEqual(['2025-03-01', '2025-03-02', '2025-03-03']);
  });

  it('tries again the next day when the records are locked', () => {
    const removeUnchangedSince = vi.fn<() => number>(() => {
      throw new KakehashiError('store.locked', 'Another process is writing the records.');
    });
    using _forgetting = forgetConversations(
      { keep_conversations_days: 30 },
      { removeUnchangedSince },
    );
    vi.advanceTimersByTime(DAY_MS);
    expect(removeUnchangedSince).toHaveBeenCalledTimes(2);
  });
});
