import { createHash } from 'node:crypto';
import { isKakehashiError, KakehashiError, throwIfAborted } from '../errors.js';
import type { AnswerResponse } from '../schemas.js';
import { orAbort } from './caller-signal.js';

export type ReplayOptions = { entries: number; bytes: number; keepMs: number; now: () => number };

export type Replays = {
  /**
   * Gives the answer of an earlier call with the same key and body, waits for one that is still
   * in work, or runs `work`. Only answers are kept: an error may be tried again. Errors:
   * `request.conflict` when the key came with another body.
   */
  once(
    key: string,
    body: unknown,
    work: () => Promise<AnswerResponse>,
    signal: AbortSignal,
  ): Promise<{ response: AnswerResponse; isReplay: boolean }>;
};

type Entry = {
  fingerprint: string;
  outcome: Promise<AnswerResponse>;
  /** 0 while in work. */
  bytes: number;
  expiresAt: number;
};

/** Answers by `Idempotency-Key`, least recently used out first. */
export function createReplays(options: ReplayOptions): Replays {
  // In order of use, oldest first.
  const entries = new Map<string, Entry>();
  let totalBytes = 0;

  const remove = (key: string, entry: Entry) => {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    totalBytes -= entry.bytes;
  };
  const makeRoom = () => {
    for (const [key, entry] of entries) {
      if (entries.size <= options.entries && totalBytes <= options.bytes) return;
      if (entry.bytes > 0) remove(key, entry);
    }
  };
  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry && entry.bytes > 0 && entry.expiresAt <= options.now()) {
      remove(key, entry);
      return undefined;
    }
    return entry;
  };
  const lead = async (key: string, fingerprint: string, work: () => Promise<AnswerResponse>) => {
    const entry: Entry = { fingerprint, outcome: work(), bytes: 0, expiresAt: 0 };
    entries.set(key, entry);
    try {
      const response = await entry.outcome;
      entry.bytes = Buffer.byteLength(JSON.stringify(response));
      entry.expiresAt = options.now() + options.keepMs;
      totalBytes += entry.bytes;
      makeRoom();
      return { response, isReplay: false };
    } catch (error) {
      remove(key, entry);
      throw error;
    }
  };

  return {
    async once(key, body, work, signal) {
      const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex');
      for (;;) {
        const entry = find(key);
        if (!entry) return await lead(key, fingerprint, work);
        if (entry.fingerprint !== fingerprint) {
          throw new KakehashiError(
            'request.conflict',
            'This Idempotency-Key was already used for another request.',
            { remedy: 'Use a new key for a new question.' },
          );
        }
        entries.delete(key);
        entries.set(key, entry);
        try {
          return { response: await orAbort(entry.outcome, signal), isReplay: true };
        } catch (error) {
          throwIfAborted(signal);
          // The first caller gave up; this one still wants an answer.
          if (!isKakehashiError(error) || error.code !== 'cancelled') throw error;
          remove(key, entry);
        }
      }
    },
  };
}
