/** Places of a sketch: the share of equal ones estimates likeness within .06 (one standard error at .8). */
const PLACES = 64;
/** Letters of a piece: long enough to tell sentences apart in both languages. */
const PIECE = 8;
/** Bands of four places: of two texts that are alike to .8, 99.9 % share one of the 16. */
const BAND = 4;
/** From this likeness two documents say nearly the same. */
const NEAR = 0.8;
/** Documents that share a band and are compared with each other, at most. */
const MOST_IN_BAND = 50;

/** Stands for the pieces of a text; one number a place, 0 for an empty one. */
export type Sketch = readonly number[];

/**
 * A sketch of a text by its letters and digits alone, in one pass over it: the least hash of a piece in
 * each of 64 ranges (one-permutation hashing, Li, Owen and Zhang 2012, NIPS). Empty for a short text.
 */
export function sketchOf(text: string): Sketch {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  const pieces = plain.length - PIECE + 1;
  // With fewer pieces than places most would be empty, and chance would decide.
  if (pieces < 4 * PLACES) return [];
  const least = new Uint32Array(PLACES).fill(0xffffffff);
  for (let start = 0; start < pieces; start++) {
    const hash = hashOf(plain, start);
    const place = hash % PLACES;
    const value = Math.floor(hash / PLACES);
    if (value < (least[place] ?? 0)) least[place] = value;
  }
  return Array.from(least, (value) => (value === 0xffffffff ? 0 : value + 1));
}

/**
 * Pairs of documents that say nearly the same, each with one of `changed` first, sorted. Documents are
 * compared when they share a band of their sketches (Broder 1997; Leskovec, Rajaraman and Ullman 2014,
 * 3.4), not each with each.
 */
export function nearDuplicates(
  sketches: ReadonlyMap<string, Sketch>,
  changed: ReadonlySet<string>,
): [string, string][] {
  const bands = new Map<string, string[]>();
  for (const [id, sketch] of sketches) {
    for (let at = 0; at < sketch.length; at += BAND) {
      const key = `${at}:${sketch.slice(at, at + BAND).join(',')}`;
      const others = bands.get(key) ?? [];
      if (others.length < MOST_IN_BAND) bands.set(key, [...others, id]);
    }
  }
  const found = new Map<string, [string, string]>();
  for (const ids of bands.values()) {
    for (const first of ids.filter((id) => changed.has(id))) {
      for (const second of ids) {
        if (first === second || (changed.has(second) && second < first)) continue;
        const likeness = likenessOf(sketches.get(first) ?? [], sketches.get(second) ?? []);
        if (likeness >= NEAR) found.set(`${first}\n${second}`, [first, second]);
      }
    }
  }
  return [...found.values()].toSorted(([a, b], [c, d]) => (a + b < c + d ? -1 : 1));
}

function likenessOf(a: Sketch, b: Sketch): number {
  return a.filter((value, place) => value === b[place]).length / PLACES;
}

/** FNV-1a over UTF-16 units, with the last bits mixed once more (Fowler, Noll and Vo; MurmurHash3's end). */
function hashOf(text: string, start: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + PIECE; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
