import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CSS = readFileSync(join(import.meta.dirname, '../../src/ui/styles/tokens.css'), 'utf8');
const [light = '', dark = ''] = CSS.split('@media (prefers-color-scheme: dark)');

function coloursOf(css: string): Map<string, string> {
  return new Map(
    [...css.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/gu)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = [
  ['ink', ['paper', 'surface', 'sunken', 'accent-soft', 'warn-soft']],
  ['ink-soft', ['paper', 'surface', 'sunken', 'accent-soft', 'warn-soft']],
  ['accent', ['paper', 'surface', 'accent-soft']],
  ['accent-ink', ['accent']],
  ['ok', ['ok-soft']],
  ['warn', ['warn-soft', 'paper']],
  ['mark-ink', ['mark']],
  ['paper', ['ink']],
] as const;
/** Borders of fields and buttons, and the bridge. */
const SHAPES = [
  ['line-strong', ['paper', 'surface']],
  ['bridge', ['paper', 'surface']],
] as const;

test.each([
  ['light', coloursOf(light)],
  ['dark', new Map([...coloursOf(light), ...coloursOf(dark)])],
])('text and shapes stand out in the %s colours (WCAG AA)', (_name, colours) => {
  const colour = (name: string): string => {
    const value = colours.get(name);
    if (value === undefined) throw new Error(`no colour ${name}`);
    return value;
  };
  for (const [least, pairs] of [
    [4.5, TEXT],
    [3, SHAPES],
  ] as const) {
    for (const [name, grounds] of pairs) {
      for (const ground of grounds) {
        const ratio = contrast(colour(name), colour(ground));
        expect(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(least);
      }
    }
  }
});
