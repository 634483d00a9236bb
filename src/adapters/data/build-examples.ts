import { KakehashiError } from '../../errors.js';
import { type DataReport, refusePersonalData, withoutLeaks } from './check-data.js';
import {
  pairExamples,
  plainExamples,
  type RehearsalInput,
  rehearsalExamples,
} from './pair-examples.js';
import type { Prompts } from './prompts.js';
import type { AdapterData } from './read-data.js';
import { type Form, readingExamples } from './reading-examples.js';
import { createSeeded } from './seeded.js';
import type { Example, Language, Plain } from './shapes.js';

export type BuildOptions = {
  prompts: Prompts;
  /** The adapter's own system text, null for the service's. */
  instruction: Readonly<Record<Language, string>> | null;
  /** Lines around every answer that is made of sources; left out or null: none. */
  form?: Readonly<Record<Language, Form>> | null;
  seed: number;
  /** Reading examples that sources give at least; pairs are taken once each. */
  perLanguage: Readonly<Record<Language, number>>;
  /**
   * General questions against forgetting, how many of each language, and the instruction that half of
   * them stand under; left out: none.
   */
  rehearsal?: Omit<RehearsalInput, 'prompts' | 'seeded'> & { rows: readonly Plain[] };
};

/**
 * Examples for training (`train`) and measuring (`held`) from an adapter's data, split by group, and
 * what is in them. The same data and seed give the same examples. Errors: `adapter.invalid` for
 * personal data and for data of which nothing but small talk is held.
 */
export function buildExamples(
  read: AdapterData,
  { prompts, instruction, form = null, seed, perLanguage, rehearsal }: BuildOptions,
): { examples: Example[]; report: DataReport } {
  refusePersonalData(read);
  const { data, removed } = withoutLeaks(read);
  const seeded = createSeeded(seed);
  const examples = [
    ...readingExamples(data.sources, data.held, {
      prompts,
      seeded,
      instruction,
      form,
      perLanguage,
    }),
    ...pairExamples(data.pairs, data.held, { prompts, seeded, instruction }),
    ...plainExamples(data.plain, { prompts, seeded }),
    ...(rehearsal === undefined
      ? []
      : rehearsalExamples(rehearsal.rows, { ...rehearsal, prompts, seeded })),
  ];
  requireHeld(examples, read);
  const lengths = new Map<string, number[]>();
  for (const { split, lang, kind, messages } of examples) {
    const key = `${split} ${lang} ${kind}`;
    const length = messages.reduce((sum, { content }) => sum + content.length, 0);
    lengths.set(key, [...(lengths.get(key) ?? []), length]);
  }
  const counts: DataReport['counts'] = {};
  const characters: DataReport['characters'] = {};
  for (const key of [...lengths.keys()].toSorted()) {
    const sorted = (lengths.get(key) ?? []).toSorted((a, b) => a - b);
    counts[key] = sorted.length;
    characters[key] = {
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      longest: sorted.at(-1) ?? 0,
    };
  }
  return { examples, report: { counts, characters, nearHeld: removed } };
}

function requireHeld(examples: readonly Example[], { pairs, sources }: AdapterData): void {
  if (examples.some(({ split, kind }) => split === 'held' && kind !== 'plain')) return;
  const groups = [...new Set([...pairs, ...sources].map(({ group }) => group))].toSorted();
  throw new KakehashiError(
    'adapter.invalid',
    'Nothing of the data is held out: nothing would be left to measure on.',
    {
      remedy: `Name about a fifth of the groups in held.json, under their language; they are ${groups.slice(0, 8).join(', ')}${groups.length > 8 ? ' …' : ''}.`,
    },
  );
}
