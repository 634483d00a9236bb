import { applyRule, type GuardRule } from './guard.js';
import type { TextSink } from './without-mark.js';

/** Longer than the links and brackets of ordinary answers; a stream must not stand still. */
const LONGEST_HELD = 300;

/**
 * Passes text on as the rules let it leave, also when it comes in pieces: keeps back an end that may
 * yet become a link, an image or a personal number. All that was passed on is `guardText` of the
 * whole, but for what would have to be kept back for more than 300 letters: that leaves judged as it
 * stands and without its brackets, so that nothing later makes a link or an image of it.
 */
export function guardStream(rules: readonly GuardRule[], sink: TextSink): TextSink {
  return rules.reduceRight((next, rule) => guardedBy(rule, next), sink);
}

function guardedBy(rule: GuardRule, sink: TextSink): TextSink {
  /** The last letter that was passed on: a pattern may ask what stands before it. */
  let before = '';
  let held = '';

  function pass(length: number): void {
    const text = before + held.slice(0, length);
    const passed = applyRule(rule, text, before.length);
    before = text.slice(-1);
    held = held.slice(length);
    if (passed !== '') sink.push(passed);
  }

  return {
    push(text) {
      held += text;
      pass(openEnd(rule, before + held, before.length) - before.length);
      if (held.length <= LONGEST_HELD) return;
      held = held.replaceAll('[', '');
      pass(held.length);
    },
    finish(text) {
      pass(held.length);
      sink.finish(text);
    },
  };
}

/**
 * Where the end of `text` begins that has to wait, looked for from `start` on; its length when none has.
 * What looks like an opening inside of a whole match is none: "[1]([)" would be let go in two parts.
 */
function openEnd(rule: GuardRule, text: string, start: number): number {
  const { pattern, opening } = rule;
  opening.lastIndex = start;
  const open = opening.exec(text)?.index ?? text.length;
  pattern.lastIndex = start;
  for (const { index, 0: match } of text.matchAll(pattern)) {
    const end = index + match.length;
    if (index < open && open < end) return openEnd(rule, text, end);
  }
  return open;
}
