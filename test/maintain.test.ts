import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KakehashiError } from '../src/errors.js';
import { forgetTexts } from '../src/maintain.js';

const DAY_MS = 86_400_000;
const KEPT = { keep_conversations_days: 30, keep_texts_days: 90 };

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2025-03-31T00:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('forgetTexts', () => {
  it('removes what nobody continued for so many days, at once and every day until it is closed', () => {
    const removed: string[] = [];
    const remove = (what: string) => (time: Date) =>
      removed.push(`${what} ${time.toISOString().slice(0, 10)}`);
    const forgetting = forgetTexts(KEPT, {
      conversations: { removeUnchangedSince: remove('conversations') },
      decisions: { removeTextsBefore: remove('texts') },
    });
    expect(removed).toEqual(['conversations 2025-03-01', 'texts 2024-12-31']);
    vi.advanceTimersByTime(DAY_MS);
    forgetting[Symbol.dispose]();
    vi.advanceTimersByTime(2 * DAY_MS);
    expect(removed.slice(2)).toEqual(['conversations 2025-03-02', 'texts 2025-01-01']);
  });

  it('tries again the next day when the records are locked', () => {
    const removeUnchangedSince = vi.fn<() => number>(() => {
      throw new KakehashiError('store.locked', 'Another process is writing the records.');
    });
    using _forgetting = forgetTexts(KEPT, {
      conversations: { removeUnchangedSince },
      decisions: { removeTextsBefore: () => 0 },
    });
    vi.advanceTimersByTime(DAY_MS);
    expect(removeUnchangedSince).toHaveBeenCalledTimes(2);
  });
});
