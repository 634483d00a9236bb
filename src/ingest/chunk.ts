import { throwIfAborted } from '../errors.js';
import type { PlacedBlock } from './block.js';
import { embeddingText } from './embedding-text.js';
import { packUnits, type SizedUnit } from './pack.js';
import { clip, type Section, sectionsOf } from './sections.js';
import { cutUnit, type Unit, unitsOf } from './units.js';

/** Raise when the same document would be cut differently: every document is then indexed anew. */
export const CHUNKER_VERSION = '1';

/** What makes a text worth finding. */
const WORDS = /[\p{L}\p{N}]/u;

export type Chunk = {
  section: string;
  context: string;
  /** `documentText.slice(start, end)`. */
  text: string;
  start: number;
  end: number;
  page: number | null;
  /** Tokens of its embedding text. */
  tokens: number;
};

/** Tokens of each text in the embedding model; a constant part (prefix, specials) is allowed. */
export type CountTokens = (
  texts: readonly string[],
  options?: { signal?: AbortSignal | undefined },
) => Promise<readonly number[]>;

export type ChunkOptions = {
  countTokens: CountTokens;
  /**
   * Size of context and text together that is aimed at. Defaults to 160: on corpora/handbook the
   * answer stands among the first four passages for .93 of the Japanese and .84 of the English
   * questions with 160/220 and with 230/300, .88 and .84 with 100/150; fewer tokens to read win.
   */
  targetTokens?: number;
  /** Largest size of context and text together. Defaults to 220. */
  maxTokens?: number;
  /** What the model takes, title, path and prefix included. Defaults to 511. */
  limitTokens?: number;
  signal?: AbortSignal | undefined;
};

/**
 * Cuts a document into passages that do not overlap, in order. Sentences, rows and items stay
 * whole unless one alone exceeds `maxTokens`.
 */
export async function chunkDocument(
  document: { title: string; text: string; blocks: readonly PlacedBlock[] },
  options: ChunkOptions,
): Promise<Chunk[]> {
  const { countTokens, targetTokens = 160, maxTokens = 220, limitTokens = 511, signal } = options;
  const [overhead = 0] = await countTokens([''], { signal });
  const measure = async (texts: readonly string[]): Promise<number[]> =>
    texts.length === 0
      ? []
      : (await countTokens(texts, { signal })).map((tokens) => Math.max(0, tokens - overhead));

  const hasWords = ({ start, end }: { start: number; end: number }): boolean =>
    WORDS.test(document.text.slice(start, end));
  let sections = sectionsOf(document.title, document.blocks);
  // Headings over nothing but signs: the headings are all there is to find.
  if (!sections.some(({ blocks }) => blocks.some(hasWords))) {
    sections = [{ path: '', blocks: [...document.blocks] }];
  }
  const sized = await sizeUnits(document.text, sections, maxTokens, measure);
  let chunks: Chunk[] = [];
  sections.forEach((section, index) => {
    const units = sized[index] ?? [];
    chunks.push(...chunksOf(document.text, section, units, { targetTokens, maxTokens }));
  });
  chunks = chunks.filter((chunk) => WORDS.test(chunk.text));
  throwIfAborted(signal);

  const totals = await measure(
    chunks.map((chunk) => embeddingText({ ...chunk, title: document.title })),
  );
  return chunks.flatMap((chunk, index) => {
    const tokens = (totals[index] ?? 0) + overhead;
    return tokens <= limitTokens ? [{ ...chunk, tokens }] : halves(chunk);
  });
}

function chunksOf(
  text: string,
  section: Section,
  units: readonly SizedUnit[],
  size: { targetTokens: number; maxTokens: number },
): Chunk[] {
  return packUnits(units, size).flatMap(([from, to]) => {
    const first = units[from];
    const last = units[to - 1];
    if (first === undefined || last === undefined) return [];
    const { start, context, page } = first;
    return [
      {
        section: section.path,
        context,
        text: text.slice(start, last.end),
        start,
        end: last.end,
        page,
        tokens: 0,
      },
    ];
  });
}

/** Units of every section with their sizes, none larger than `maxTokens`; few, large counting calls. */
async function sizeUnits(
  text: string,
  sections: readonly Section[],
  maxTokens: number,
  measure: (texts: readonly string[]) => Promise<number[]>,
): Promise<SizedUnit[][]> {
  let units = sections.flatMap((section, index) =>
    unitsOf(text, section).map((unit) => ({ ...unit, section: index })),
  );
  const contexts = await sizeContexts(units, maxTokens, measure);
  const sizes = new Map<string, number>();
  const keyOf = (unit: Unit): string => `${unit.start}:${unit.end}`;
  for (;;) {
    const fresh = units.filter((unit) => !sizes.has(keyOf(unit)));
    const tokens = await measure(fresh.map((unit) => indented(text, unit)));
    fresh.forEach((unit, index) => sizes.set(keyOf(unit), tokens[index] ?? 0));
    let didCut = false;
    units = units.flatMap((unit) => {
      const size = sizes.get(keyOf(unit)) ?? 0;
      const room = maxTokens - (contexts.get(unit.context)?.tokens ?? 0);
      const length = unit.end - unit.start;
      if (size <= room || length < 2) return [unit];
      const pieces = cutUnit(text, unit, Math.floor((length * room) / (2 * size)));
      if (pieces.length > 1) didCut = true;
      return pieces.map((piece) => ({ ...piece, section: unit.section }));
    });
    if (!didCut) break;
  }
  const result: SizedUnit[][] = sections.map(() => []);
  for (const { section, ...unit } of units) {
    const context = contexts.get(unit.context);
    result[section]?.push({
      ...unit,
      context: context?.text ?? '',
      tokens: sizes.get(keyOf(unit)) ?? 0,
      contextTokens: context?.tokens ?? 0,
    });
  }
  return result;
}

/** A unit with the indent of its line, which a passage of several lines holds too. */
function indented(text: string, unit: Unit): string {
  let from = unit.start;
  while (from > 0 && (text[from - 1] === ' ' || text[from - 1] === '\t')) from--;
  return text.slice(from, unit.end);
}

/** Each context at no more than 0.4 of a passage, by its size; of a long one the end is kept. */
async function sizeContexts(
  units: readonly Unit[],
  maxTokens: number,
  measure: (texts: readonly string[]) => Promise<number[]>,
): Promise<Map<string, { text: string; tokens: number }>> {
  const given = [...new Set(units.map((unit) => unit.context))].filter((context) => context !== '');
  const most = 0.4 * maxTokens;
  const tokens = await measure(given);
  const cut = given.map((context, index) => {
    const size = tokens[index] ?? 0;
    if (size <= most) return context;
    const last = context.split('\n').at(-1) ?? '';
    return clip(last, Math.max(1, Math.floor((0.9 * most * context.length) / size)));
  });
  const changed = cut.filter((context, index) => context !== given[index]);
  const recounted = new Map(
    (await measure(changed)).map((size, index) => [changed[index] ?? '', size]),
  );
  return new Map(
    given.map((context, index) => {
      const text = cut[index] ?? '';
      const size = recounted.get(text) ?? tokens[index] ?? 0;
      return [context, size <= most ? { text, tokens: size } : { text: '', tokens: 0 }];
    }),
  );
}

/** Only a title and path of rare characters lead here; the text is cut, the model's limit holds. */
function halves(chunk: Chunk): Chunk[] {
  const length = chunk.text.length;
  const unit: Unit = { ...chunk, start: 0, end: length, cut: 'piece', block: 0 };
  return cutUnit(chunk.text, unit, Math.ceil(length / 2)).map(({ start, end }) => ({
    section: '',
    context: '',
    text: chunk.text.slice(start, end),
    start: chunk.start + start,
    end: chunk.start + end,
    page: chunk.page,
    tokens: Math.ceil(chunk.tokens / 2),
  }));
}
