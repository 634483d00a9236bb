import { describe, expect, it } from 'vitest';
import { bringUpToDate } from '../src/bring-up-to-date.js';
import { loadConfig } from '../src/config.js';
import { KakehashiError } from '../src/errors.js';
import type { Corpus } from '../src/ingest/corpus.js';
import type { Knowledge } from '../src/knowledge.js';

const config = loadConfig({ environment: {} });
const corpora = ['manuals', 'rules'].map((name) => ({ name }) as Corpus);
const signal = new AbortController().signal;

/** An index in which no corpus can be written. */
function indexThat(throws: Error): Knowledge {
  const writer = () => Promise.reject(throws);
  return { passages: { writer } } as unknown as Knowledge;
}

describe('bringUpToDate', () => {
  it('goes on to the next corpus when one cannot be brought up to date', async () => {
    const ended: [string, string | undefined][] = [];
    const locked = new KakehashiError('store.locked', 'Somebody else writes.');
    await bringUpToDate(config, indexThat(locked), corpora, {
      signal,
      onEnd: (corpus, error) => ended.push([corpus, error?.code]),
    });
    expect(ended).toEqual([
      ['manuals', 'store.locked'],
      ['rules', 'store.locked'],
    ]);
  });

  it('ends with a fault of its own', async () => {
    const ended: string[] = [];
    const onEnd = (corpus: string) => ended.push(corpus);
    const fault = indexThat(new TypeError('a fault'));
    await expect(bringUpToDate(config, fault, corpora, { signal, onEnd })).rejects.toThrow(
      'a fault',
    );
    expect(ended).toEqual([]);
  });
});
