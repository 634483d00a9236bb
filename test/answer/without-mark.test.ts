import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMark } from '../../src/answer/without-mark.js';

const MARK = '7f3a| ';

/** What comes out when `text` goes in by pieces of `size` letters. */
function passOn(text: string, size: number): string {
  let passed = '';
  const sink = withoutMark(MARK, {
    push: (part) => {
      passed += part;
    },
    finish: () => undefined,
  });
  for (let at = 0; at < text.length; at += size) sink.push(text.slice(at, at + size));
  sink.finish(text);
  return passed;
}

describe('withoutMark', () => {
  it('takes the mark out whatever the pieces it comes in', () => {
    const piece = fc.constantFrom(MARK, '7f', '3a| ', '7', '| ', 'The fee', ' 40 yen', '\n');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (all, size) => {
          const text = all.join('');
          expect(passOn(text, size)).toBe(text.replaceAll(MARK, ''));
        },
      ),
    );
  });
});
