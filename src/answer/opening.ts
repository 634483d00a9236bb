import { mayMissFigure, missesFigure } from './missing-figure.js';
import type { Understanding } from './understand.js';
import { isWithheld, mayBecomeWithheld, opensWithheld, withoutStrayOpening } from './withheld.js';
import type { TextSink } from './without-mark.js';

/** Letters held back before the first are shown: the length of the phrases that refuse. */
const HELD_LETTERS = { ja: 24, en: 48 } as const;

/**
 * Shows text as it comes, but holds back an opening that may turn out to be the withholding word,
 * and ends the generation when it does. Where the question asks for a figure, all waits for one.
 */
export function createOpening(
  reads: boolean,
  { query, language }: Pick<Understanding, 'query' | 'language'>,
  stopper: AbortController,
  sink: TextSink,
): TextSink {
  let held = '';
  let open = !reads;
  return {
    push(text) {
      if (open) return sink.push(text);
      held += text;
      if (opensWithheld(held, language)) stopper.abort();
      // The phrases of refusal are up to a clause long; the word itself shows at once.
      else if (
        !mayBecomeWithheld(held) &&
        held.length >= HELD_LETTERS[language] &&
        !mayMissFigure(query, held, language)
      ) {
        open = true;
        sink.push(withoutStrayOpening(held));
      }
    },
    finish(text) {
      const withheld =
        stopper.signal.aborted ||
        isWithheld(text, language) ||
        (reads && missesFigure(query, text, language));
      if (!open && held !== '' && !withheld) sink.push(withoutStrayOpening(held));
      open = true;
      sink.finish(text);
    },
  };
}
