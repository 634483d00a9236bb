import fc from 'fast-check';
import { expect, it } from 'vitest';
import { breakEven, type Utility, worthOf } from '../../src/decision/utility.js';

const utility: Utility = {
  rightAnswer: 1,
  rightRefusal: 1,
  needlessRefusal: 0.5,
  thousandTokens: 0,
  second: 0,
};

it('asks of an answer the sureness from which it is worth more than silence', () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const risk = fc.double({ min: 0.01, max: 0.9, noNaN: true });
  fc.assert(
    fc.property(chance, chance, risk, (sure, pSilent, stated) => {
      const worth = (verdict: Parameters<typeof worthOf>[0]) => worthOf(verdict, utility, stated);
      const answer = sure * worth('right') + (1 - sure) * worth('wrong');
      const silence = pSilent * worth('right_refusal') + (1 - pSilent) * worth('needless_refusal');
      const wanted = breakEven(pSilent, utility, stated);
      fc.pre(Math.abs(sure - wanted) > 1e-9);
      expect(sure > wanted).toBe(answer > silence);
    }),
  );
});
