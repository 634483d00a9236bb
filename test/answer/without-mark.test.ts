import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutMark } from '../../src/answer/without-mark.js';

describe('withoutMark', () => {
  it('takes the mark out whatever the pieces it comes in', () => {
    const piece = fc.constantFrom('7f3a| ', '7f', '3a| ', '7', '| ', 'The fee', ' 40 yen', '\n');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (all, size) => {
          const text = all.join('');
          let passed = '';
          const sink = withoutMark('7f3a| ', {
            push: (part) => {
              passed += part;
            },
            finish: () => undefined,
          });
          for (let at = 0; at < text.length; at += size) sink.push(text.slice(at, at + size));
          sink.finish(text);
          expect(passed).not.toContain('7f3a| ');
          expect(passed.length).toBeLessThanOrEqual(text.length);
          if (!text.includes('7f3a| ')) expect(passed).toBe(text);
        },
      ),
    );
  });
});
