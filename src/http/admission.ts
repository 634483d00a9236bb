import { KakehashiError } from '../errors.js';

export type Admission = {
  /** Takes a place and gives the function that returns it; throws `engine.busy` when full. */
  enter(): () => void;
  /** Places taken. */
  count(): number;
};

/** Bounds how many requests are in work at once, so that overload costs memory for none of them. */
export function createAdmission(places: number): Admission {
  let taken = 0;
  return {
    enter() {
      if (taken >= places) {
        throw new KakehashiError('engine.busy', `${places} requests are already in work.`, {
          remedy: 'Try again in a few seconds.',
          detail: { places },
        });
      }
      taken++;
      let isHeld = true;
      return () => {
        if (isHeld) taken--;
        isHeld = false;
      };
    },
    count: () => taken,
  };
}
