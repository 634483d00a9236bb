import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.js';
import { KakehashiError } from '../src/errors.js';
import type { Corpus } from '../src/ingest/corpus.js';
import { bringUpToDate } from '../src/maintain.js';
import type { Service } from '../src/service.js';

const config = loadConfig({ environment: {} });
const corpora = ['manuals', 'rules'].map((name) => ({ name }) as Corpus);
const signal = new AbortController().signal;

/** A service in which no corpus can be written. */
function serviceThat(throws: Error): Service {
  const writer = () => Promise.reject(throws);
  return { knowledge: { passages: { writer } } } as unknown as Service;
}

describe('bringUpToDate', () => {
  it('goes on to the next corpus when one cannot be brought up to date', async () => {
    const ended: [string, string | undefined][] = [];
    const locked = new KakehashiError('store.locked', 'Somebody else writes.');
    await bringUpToDate(config, serviceThat(locked), corpora, {
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
    const fault = serviceThat(new TypeError('a fault'));
    await expect(bringUpToDate(config, fault, corpora, { signal, onEnd })).rejects.toThrow(
      'a fault',
    );
    expect(ended).toEqual([]);
  });
});
