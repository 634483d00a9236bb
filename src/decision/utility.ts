import { z } from 'zod';

/**
 * What an outcome is worth, as a share of a right answer. The price of a wrong answer follows from the
 * stated risk; a needless refusal costs, or silence would win wherever many questions have no answer.
 */
export const Utility = z.strictObject({
  rightAnswer: z.number().positive(),
  rightRefusal: z.number().min(0),
  needlessRefusal: z.number().min(0),
  /** Price of a thousand tokens read or written, and of a second of waiting. */
  thousandTokens: z.number().min(0),
  second: z.number().min(0),
});
export type Utility = z.infer<typeof Utility>;

export type Verdict = 'right' | 'wrong' | 'right_refusal' | 'needless_refusal';

export function isGood(verdict: Verdict): boolean {
  return verdict === 'right' || verdict === 'right_refusal';
}

/**
 * From this stated risk on it is a price only; below it is kept, or nothing is answered. A wrong answer
 * then costs no more than a right one is worth, and whoever asks for more silence states a lower risk.
 * Bounding it kept the starter model silent in Japanese, where an answer is as often wrong as right
 * (sample questions, n = 80).
 */
export const PRICE_ONLY_FROM = 0.5;

/** Price of a wrong answer: with it, an answer that is right with chance `1 - risk` is worth nothing. */
export function wrongPrice(risk: number): number {
  return (1 - risk) / risk;
}

export function worthOf(verdict: Verdict, utility: Utility, risk: number): number {
  switch (verdict) {
    case 'right':
      return utility.rightAnswer;
    case 'right_refusal':
      return utility.rightRefusal;
    case 'needless_refusal':
      return -utility.needlessRefusal;
    case 'wrong':
      return -wrongPrice(risk);
    default:
      verdict satisfies never;
      return 0;
  }
}

/**
 * How sure an answer must be to be worth more than silence, which is right with chance `pSilent` and
 * needless otherwise: with `w` as the price of a wrong answer, `p - w (1 - p)` is then above
 * `rightRefusal * pSilent - needlessRefusal * (1 - pSilent)`.
 */
export function breakEven(pSilent: number, utility: Utility, risk: number): number {
  const price = wrongPrice(risk);
  const silence = utility.rightRefusal * pSilent - utility.needlessRefusal * (1 - pSilent);
  return Math.max(0, (price + silence) / (utility.rightAnswer + price));
}

/** Price of the tokens and the time of one answer. */
export function costOf(spent: { tokens: number; seconds: number }, utility: Utility): number {
  return (utility.thousandTokens * spent.tokens) / 1000 + utility.second * spent.seconds;
}
