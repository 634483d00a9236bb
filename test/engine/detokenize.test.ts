import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDetokenizer } from '../../src/engine/detokenize.js';

/** One token per byte: the worst case for characters of several bytes. */
const bytes = (tokens: readonly number[]) => Buffer.from(tokens).toString('utf8');
const pieces = (text: string) => {
  const detokenizer = createDetokenizer<number>(bytes, [...Buffer.from('prompt')]);
  return [...Buffer.from(text)]
    .map((token) => detokenizer.push(token))
    .concat(detokenizer.finish());
};

describe('createDetokenizer', () => {
  it('never splits a character', () => {
    const text = 'ご回答：🎉 これは👨‍👩‍👧です。 two  spaces\n';
    const given = pieces(text);
    expect(given.join('')).toBe(text);
    for (const piece of given) expect(piece).not.toContain('\u{FFFD}');
  });

  it('gives any text back whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        expect(pieces(text).join('')).toBe(text);
      }),
    );
  });

  it('does not wait for ever on what is no text', () => {
    const detokenizer = createDetokenizer<number>(bytes, []);
    const given = Array.from({ length: 20 }, () => detokenizer.push(0xe3)).join('');
    expect(given.length).toBeGreaterThan(0);
  });

  it('keeps the spaces of tokenizers that drop the first one', () => {
    const vocabulary = ['', '▁Hello', '▁world', '!'];
    const decode = (tokens: readonly number[]) =>
      tokens
        .map((token) => vocabulary[token])
        .join('')
        .replaceAll('▁', ' ')
        .replace(/^ /u, '');
    const after = (tokens: readonly number[], before: readonly number[]) =>
      decode([...before, ...tokens]).slice(decode(before).length);
    const detokenizer = createDetokenizer<number>(after, [3]);
    expect([1, 2, 3].map((token) => detokenizer.push(token)).join('')).toBe(' Hello world!');
  });
});
