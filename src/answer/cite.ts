import type { Hit } from '../retrieval/search.js';
import type { Citation } from '../schemas.js';

export type Span = { start: number; end: number };

export type CiteNeeds = {
  /** Sentences of a text as spans, in order. */
  sentences: (text: string) => Span[];
  /** Search tokens of a text. */
  tokens: (text: string) => readonly string[];
};

/** What a citation is made of. */
export type Citable = Pick<
  Hit,
  'corpus' | 'documentId' | 'title' | 'section' | 'context' | 'text' | 'page' | 'revision' | 'start'
>;

export type CitedAnswer = {
  /**
   * The answer with valid markers only. A sentence without a marker that holds gets that of the passage
   * that plainly agrees with it, if there is one.
   */
  answer: string;
  citations: Citation[];
  /** Spans of `answer` that no verified citation supports. */
  uncited: Span[];
};

/** Notes of encyclopedias, which models learned to put where a marker belongs. */
const REFERENCE_NOTE = /\s*\[(?:[a-z]+(?: [a-z]+)? needed|note \d+|要出典|要検証)\]/giu;
const MARKER = /\s*[[［【](\d{1,2})[\]］】]/gu;

/**
 * Share of a sentence's tokens that a quote must hold to count as its support. Chosen on the
 * training part of `adapters/grounded`: right citations lie above, random passages below.
 */
const SUPPORT_FLOOR = 0.4;
/** A citation that the model did not mark itself, or marked wrongly, needs more. */
const ADDED_SUPPORT_FLOOR = 0.6;

/**
 * Turns markers `[n]` into citations with an exact quote. The quote is the sentence, or the two
 * neighbouring sentences, of passage `n` that share most with the sentence it stands beside; it is
 * `verified` when it holds the sentence's numbers and enough of its words. Markers that name no
 * passage are dropped. `passages[n - 1]` is passage `n`.
 */
export function cite(text: string, passages: readonly Citable[], needs: CiteNeeds): CitedAnswer {
  const citations = new Map<string, Citation>();
  const uncited: Span[] = [];
  let answer = '';

  const plain = text.replace(REFERENCE_NOTE, '');
  for (const { body, gap, markers } of splitClaims(plain, needs)) {
    const claim = body.trim();
    answer += gap;
    const start = answer.length;
    answer += body.trimEnd();
    const named = markers.filter((marker) => passages[marker - 1] !== undefined);
    let marked = named.map((marker) => citationFor(claim, marker, passages, needs));
    if (!marked.some(({ citation }) => citation.verified)) {
      const found = bestUnmarked(claim, passages, needs);
      if (found !== null) marked = [found];
    }
    for (const { citation } of marked) {
      citations.set(`${citation.marker}:${citation.start}`, citation);
      answer += `${/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。]$/u.test(answer) ? '' : ' '}[${citation.marker}]`;
    }
    if (claim !== '' && !marked.some(({ citation }) => citation.verified)) {
      uncited.push({ start, end: start + body.trimEnd().length });
    }
  }
  return { answer, citations: [...citations.values()], uncited };
}

type Claim = { gap: string; body: string; markers: number[] };

/** Sentences with the markers that follow or end them; a marker belongs to the text before it. */
function splitClaims(text: string, needs: CiteNeeds): Claim[] {
  const pieces: { text: string; markers: number[] }[] = [];
  let last = 0;
  for (const match of text.matchAll(MARKER)) {
    const before = text.slice(last, match.index);
    const marker = Number(match[1]);
    const previous = pieces.at(-1);
    if (before.trim() === '' && previous !== undefined) previous.markers.push(marker);
    else pieces.push({ text: before, markers: [marker] });
    last = match.index + match[0].length;
  }
  if (text.slice(last).trim() !== '') pieces.push({ text: text.slice(last), markers: [] });

  return pieces.flatMap(({ text: piece, markers }, index) => {
    // Punctuation after a marker ("… 40 yen [1].") belongs to the sentence before.
    const spans = needs.sentences(piece);
    const claims: Claim[] = [];
    let end = 0;
    for (const span of spans) {
      claims.push({
        gap: piece.slice(end, span.start),
        body: piece.slice(span.start, span.end),
        markers: [],
      });
      end = span.end;
    }
    if (claims.length === 0) return [{ gap: piece, body: '', markers }];
    const lastClaim = claims.at(-1);
    if (lastClaim !== undefined) lastClaim.markers = markers;
    if (index > 0 && /^[.。!！?？,、]+$/u.test(claims[0]?.body.trim() ?? '')) {
      const [mark] = claims.splice(0, 1);
      if (claims.length === 0 || mark === undefined) return [];
    }
    return claims;
  });
}

type Candidate = { citation: Citation; support: number };

function citationFor(
  claim: string,
  marker: number,
  passages: readonly Citable[],
  needs: CiteNeeds,
): Candidate {
  const passage = passages[marker - 1];
  if (passage === undefined) throw new Error('a marker was not checked');
  const claimTokens = new Set(needs.tokens(claim));
  const numbers = numbersOf(claim);
  let best = { span: { start: 0, end: passage.text.length }, support: -1 };
  for (const span of quoteCandidates(passage.text, needs)) {
    const quote = passage.text.slice(span.start, span.end);
    const support = supportOf(claimTokens, numbers, `${passage.context}\n${quote}`, needs);
    if (support > best.support + 1e-9) best = { span, support };
  }
  const whole = `${passage.title}\n${passage.section}\n${passage.context}\n${passage.text}`;
  const verified =
    best.support >= SUPPORT_FLOOR && missing(numbers, whole).length === 0 && claimTokens.size > 0;
  const quote = passage.text.slice(best.span.start, best.span.end);
  return {
    support: verified ? best.support : 0,
    citation: {
      marker,
      corpus: passage.corpus,
      document_id: passage.documentId,
      title: passage.title,
      section: passage.section,
      page: passage.page,
      revision: passage.revision,
      quote,
      start: passage.start + best.span.start,
      end: passage.start + best.span.end,
      verified,
    },
  };
}

function bestUnmarked(
  claim: string,
  passages: readonly Citable[],
  needs: CiteNeeds,
): Candidate | null {
  const candidates = passages
    .map((_, index) => citationFor(claim, index + 1, passages, needs))
    .sort((a, b) => b.support - a.support);
  const best = candidates[0];
  return best !== undefined && best.support >= ADDED_SUPPORT_FLOOR ? best : null;
}

/** Single sentences, then neighbouring pairs: the shortest quote that supports wins a tie. */
function quoteCandidates(text: string, needs: CiteNeeds): Span[] {
  const spans = needs.sentences(text);
  const pairs = spans.slice(1).map((span, index) => ({
    start: spans[index]?.start ?? span.start,
    end: span.end,
  }));
  return [...spans, ...pairs];
}

/** Share 0..1 of the claim's tokens in the quote, halved when one of its numbers is missing. */
function supportOf(
  claimTokens: ReadonlySet<string>,
  numbers: readonly string[],
  quote: string,
  needs: CiteNeeds,
): number {
  if (claimTokens.size === 0) return 0;
  const quoteTokens = new Set(needs.tokens(quote));
  let shared = 0;
  for (const token of claimTokens) if (quoteTokens.has(token)) shared++;
  const share = shared / claimTokens.size;
  return missing(numbers, quote).length === 0 ? share : share / 2;
}

function numbersOf(text: string): string[] {
  return plainNumbers(text).match(/\d+(?:\.\d+)?/gu) ?? [];
}

function missing(numbers: readonly string[], text: string): string[] {
  const present = new Set(numbersOf(text));
  return numbers.filter((number) => !present.has(number));
}

/** NFKC without thousands commas, `1万2千` and kanji numerals left as they are. */
function plainNumbers(text: string): string {
  return text.normalize('NFKC').replace(/(?<=\d),(?=\d{3})/gu, '');
}
