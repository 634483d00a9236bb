import type { Example } from '../data/shapes.js';
import type { Said } from './ask.js';

export type Scored = {
  example: Example;
  /** 0..1: how near the answer is to the one wanted, as if nothing were withheld. */
  score: number;
  /** Chance of the withholding word; 0 for a task. */
  readOut: number;
  /** Whether the passages named are the right ones; null when there is none to name. */
  markerRight: boolean | null;
};

/**
 * Scores an answer without a judge model: of a reading question 1 when all figures and codes of the
 * wanted answer are there and half of its character pairs, else 0; of a task that wants an object
 * the share of its fields that are equal; of other text the F1 of character pairs. Lines of a
 * wanted answer that name no passage beside lines that do are form, as a greeting is, and earn
 * nothing. What is to be withheld scores nothing here: see `withheldRight`.
 */
export function scoreExample(example: Example, said: Said): Scored {
  const target = example.messages.at(-1)?.content ?? '';
  const named = [...said.text.matchAll(/\[(\d+)\]/gu)].map((match) => Number(match[1]));
  return {
    example,
    score: scoreText(example.kind, target, said.text),
    readOut: example.kind === 'task' ? 0 : (said.chances[0] ?? 0),
    markerRight:
      example.kind !== 'answer' || example.gold === null
        ? null
        : named.length > 0 && named.every((number) => number === example.gold),
  };
}

function scoreText(kind: Example['kind'], target: string, text: string): number {
  if (kind === 'withheld' || kind === 'absent') return 0;
  const wanted = parseObject(target);
  if (wanted !== null) return sharedFields(wanted, parseObject(text));
  if (kind !== 'answer') return pairF1(comparable(target), comparable(text));
  const [a, b] = [withoutForm(target, target), withoutForm(target, text)];
  const said = new Set(figuresOf(text));
  const told = figuresOf(target).every((figure) => said.has(figure));
  return told && pairF1(a, b) >= 0.5 ? 1 : 0;
}

/** Numbers and codes such as e204 of a text without markers; read before its spaces are taken away. */
function figuresOf(text: string): string[] {
  const figures = withoutMarkers(text).match(/(?:[a-z]+-?)?\d+(?:[.:,]\d+)*/gu) ?? [];
  return figures.map((figure) => figure.replace(/[,-]/gu, ''));
}

/** A text without the lines of the target that rest on no passage where others do; comparable. */
function withoutForm(target: string, text: string): string {
  const lines = target.split('\n');
  const isForm = (line: string) => !/\[\d+\]/u.test(line);
  const form = lines.every(isForm) ? [] : lines.filter(isForm).map(comparable);
  return form.reduce((left, line) => left.replaceAll(line, ''), comparable(text));
}

/** The object that a text is as JSON, or null. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function sharedFields(
  wanted: Record<string, unknown>,
  got: Record<string, unknown> | null,
): number {
  const keys = Object.keys(wanted);
  if (got === null || keys.length === 0) return 0;
  return keys.filter((key) => got[key] === wanted[key]).length / keys.length;
}

/** Without markers, case, spaces and full stops; NFKC. */
export function comparable(text: string): string {
  return withoutMarkers(text).replace(/[\s。、「」"']|[.,](?!\d)/gu, '');
}

function withoutMarkers(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\[\d+\]/gu, '');
}

/** F1 0..1 of the character pairs of two comparable texts. */
export function pairF1(a: string, b: string): number {
  const pairs = (text: string) => Array.from(text, (_, at) => text.slice(at, at + 2));
  const left = pairs(a);
  const found = pairs(b);
  let shared = 0;
  for (const pair of found) {
    const at = left.indexOf(pair);
    if (at < 0) continue;
    shared++;
    left.splice(at, 1);
  }
  return found.length + a.length === 0 ? 0 : (2 * shared) / (found.length + pairs(a).length);
}

/** The longest piece of `source` that stands word for word in `text`, in characters. */
export function longestCopy(source: string, text: string): number {
  let longest = 0;
  // Dynamic programming over one row: ends[j] is the copy that ends at text[j].
  let ends = new Uint16Array(text.length + 1);
  for (const character of source) {
    const next = new Uint16Array(text.length + 1);
    for (let at = 0; at < text.length; at++) {
      if (text[at] !== character) continue;
      const length = (ends[at] ?? 0) + 1;
      next[at + 1] = length;
      if (length > longest) longest = length;
    }
    ends = next;
  }
  return longest;
}
