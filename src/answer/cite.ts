import type { Hit } from '../retrieval/search.js';
import type { Citation } from '../schemas.js';
import { namesColumns } from './read-tables.js';

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
/** "2. ", "（３）", "- 1) ", "①": numbers of the answer's own, which no passage holds. */
const LIST_MARK = /^[\s\-*+・•]*(?:[(（]?\p{Nd}{1,3}[.．)）、:：]|[①-⑳])(?!\p{Nd})/u;
const MARKER = /\s*[[［【](\d{1,2})[\]］】]/gu;
/**
 * What follows a marker and belongs before it ("… 40 yen [1]. Book …"), or stands between two
 * markers ("[1], [2]").
 */
const MARK_AFTER = /^\s*(?:[。！？]+|[.!?]+(?![A-Za-z\d])|[,、]+\s*$)/u;

/**
 * Share of a sentence's tokens that a quote must hold to count as its support. Chosen on the
 * training part of `adapters/grounded`: right citations lie above, random passages below.
 */
const SUPPORT_FLOOR = 0.4;
/** A citation that the model did not mark itself, or marked wrongly, needs more. */
const ADDED_SUPPORT_FLOOR = 0.6;

/**
 * Turns markers `[n]` into citations with an exact quote. The quote is the sentence, or the two
 * neighbouring sentences, of passage `n` that share most with the sentence it stands beside. It is
 * `verified` when it holds enough of the sentence's words and, with the title, headings and column
 * names above it, all of its numbers; a quote that is verified goes before one that shares more.
 * Markers that name no passage are dropped. `passages[n - 1]` is passage `n`.
 */
export function cite(text: string, passages: readonly Citable[], needs: CiteNeeds): CitedAnswer {
  const citations = new Map<string, Citation>();
  const uncited: Span[] = [];
  let answer = '';

  const plain = text.replace(REFERENCE_NOTE, '');
  for (const { body, gap, markers } of splitClaims(plain, needs)) {
    const claim = body.replace(LIST_MARK, '').trim();
    // A marker right before a bracket would be a link in Markdown.
    answer += gap === '' && answer.endsWith(']') && body.startsWith('(') ? ' ' : gap;
    const start = answer.length;
    answer += body.trimEnd();
    const named = markers.filter((marker) => passages[marker - 1] !== undefined);
    let marked = named.map((marker) => citationFor(claim, marker, passages, needs));
    if (!marked.some(({ citation }) => citation.verified)) {
      const found = bestUnmarked(claim, passages, needs);
      if (found !== null) marked = [found];
    }
    for (const { citation } of marked) {
      const key = `${citation.marker}:${citation.start}:${citation.end}`;
      if (citations.get(key)?.verified !== true) citations.set(key, citation);
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
  const add = (between: string, markers: number[]): void => {
    const previous = pieces.at(-1);
    const [mark = ''] = previous === undefined ? [] : (MARK_AFTER.exec(between) ?? []);
    const rest = between.slice(mark.length);
    if (previous !== undefined && mark !== '' && /[^\s.。!！?？]$/u.test(previous.text)) {
      previous.text += mark.replace(/[\s,、]/gu, '');
    }
    if (rest.trim() === '' && previous !== undefined) previous.markers.push(...markers);
    else pieces.push({ text: rest, markers });
  };
  let last = 0;
  for (const match of text.matchAll(MARKER)) {
    add(text.slice(last, match.index), [Number(match[1])]);
    last = match.index + match[0].length;
  }
  add(text.slice(last), []);

  return pieces.flatMap(({ text: piece, markers }) => {
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
  let best = { start: 0, end: passage.text.length, support: -1, verified: false };
  for (const { start, end, header } of quoteCandidates(passage, claimTokens, needs)) {
    const quote = `${passage.context}\n${header}\n${passage.text.slice(start, end)}`;
    const support = supportOf(claimTokens, quote, needs);
    const verified =
      support >= SUPPORT_FLOOR &&
      holdsNumbers(`${passage.title}\n${passage.section}\n${quote}`, numbers);
    if (
      (verified && !best.verified) ||
      (verified === best.verified && support > best.support + 1e-9)
    ) {
      best = { start, end, support, verified };
    }
  }
  return {
    support: best.verified ? best.support : 0,
    citation: {
      marker,
      corpus: passage.corpus,
      document_id: passage.documentId,
      title: passage.title,
      section: passage.section,
      page: passage.page,
      revision: passage.revision,
      quote: passage.text.slice(best.start, best.end),
      start: passage.start + best.start,
      end: passage.start + best.end,
      verified: best.verified,
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

/** `header`: the row that names the columns of a quoted row, '' when there is none. */
type Quote = Span & { header: string };

/**
 * Single sentences, then neighbouring pairs: the shortest quote that supports wins a tie. Each of a
 * pair brings a word of the claim that the other lacks: a figure alone may belong to something else.
 */
function quoteCandidates(
  passage: Citable,
  claimTokens: ReadonlySet<string>,
  needs: CiteNeeds,
): Quote[] {
  const quotes = sentencesAndRows(passage, needs);
  const words = quotes.map(({ start, end }) =>
    needs
      .tokens(passage.text.slice(start, end))
      .filter((token) => claimTokens.has(token) && !/\d/u.test(token)),
  );
  const lacks = (held: string[] = [], other: string[] = []): boolean =>
    other.some((word) => !held.includes(word));
  const pairs = quotes.slice(1).flatMap((quote, index) => {
    const [first, second] = [words[index], words[index + 1]];
    if (!lacks(first, second) || !lacks(second, first)) return [];
    return [{ ...quote, start: quotes[index]?.start ?? quote.start }];
  });
  return [...quotes, ...pairs];
}

/** A row of a table is one quote, whatever sentences its cells hold. */
function sentencesAndRows({ text, context }: Citable, needs: CiteNeeds): Quote[] {
  const quotes: Quote[] = [];
  let isInTable = false;
  for (const { start, end } of needs.sentences(text)) {
    const before = quotes.at(-1);
    const lineBreaks = text.slice(before?.end ?? 0, start).split('\n').length - 1;
    if (before !== undefined && isInTable && lineBreaks === 0) {
      before.end = end;
      continue;
    }
    const goesOn = isInTable && lineBreaks === 1;
    isInTable = text[start] === '|';
    // A table that goes on from another passage has its header in the context.
    const isHeader = isInTable && !goesOn && !(start === 0 && /^\|/mu.test(context));
    const row = text.slice(start, end);
    const header = isHeader && namesColumns(row) ? row : goesOn && isInTable ? before?.header : '';
    quotes.push({ start, end, header: header ?? '' });
  }
  return quotes;
}

/** Share 0..1 of the claim's tokens in the quote. */
function supportOf(claimTokens: ReadonlySet<string>, quote: string, needs: CiteNeeds): number {
  if (claimTokens.size === 0) return 0;
  const quoteTokens = new Set(needs.tokens(quote));
  let shared = 0;
  for (const token of claimTokens) if (quoteTokens.has(token)) shared++;
  return shared / claimTokens.size;
}

function numbersOf(text: string): string[] {
  return plainNumbers(text).match(/\d+(?:\.\d+)?/gu) ?? [];
}

function holdsNumbers(text: string, numbers: readonly string[]): boolean {
  const present = new Set(numbersOf(text));
  return numbers.every((number) => present.has(number));
}

/** NFKC without thousands commas, `1万2千` and kanji numerals left as they are. */
function plainNumbers(text: string): string {
  return text.normalize('NFKC').replace(/(?<=\d),(?=\d{3})/gu, '');
}
