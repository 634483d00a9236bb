import type { Prompts } from './prompts.js';
import type { Seeded } from './seeded.js';
import type { Example, Held, Language, Pair, Plain } from './shapes.js';

/** Examples read together: they share the instruction, and one step of training holds them. */
const PAIRS_PER_PACK = 8;
/** Small talk held out per language, to see that it is not unlearned. */
const HELD_PLAIN = 5;

export type PairInput = {
  prompts: Prompts;
  seeded: Seeded;
  instruction: Readonly<Record<Language, string>> | null;
};

export type RehearsalInput = PairInput & { perLanguage: number };

/** Examples from the maintainer's own pairs, each with the adapter's instruction. */
export function pairExamples(
  pairs: readonly Pair[],
  held: Held,
  { prompts, seeded, instruction }: PairInput,
): Example[] {
  const counts = new Map<string, number>();
  return seeded.shuffle(pairs).map((pair) => {
    const { lang, group, passages, question, answer } = pair;
    const split = held[lang].includes(group) ? 'held' : 'train';
    const own = instruction?.[lang] ?? null;
    const linePrefix = prompts.lineMark((below) => Math.floor(seeded.random() * below));
    const prompt =
      passages === undefined
        ? prompts.plain({ language: lang, instruction: own, question })
        : prompts.reading({
            language: lang,
            instruction: own,
            passages: passages.map((passage) => ({ ...passage, context: '' })),
            question,
            previousQuestion: null,
            linePrefix,
          });
    const withheld = answer.startsWith(prompts.withholdWord);
    return {
      id: pair.id,
      split,
      lang,
      kind: passages === undefined ? 'task' : withheld ? 'withheld' : 'answer',
      group,
      pack: packName(counts, `${split}-pairs-${lang}`, PAIRS_PER_PACK),
      gold: onlyMarker(answer),
      planted: false,
      messages: [...prompt, { role: 'assistant', content: answer }],
    };
  });
}

/** Small talk and general requests, as the service asks them of an adapter that reads. */
export function plainExamples(
  plain: readonly Plain[],
  { prompts, seeded }: Pick<PairInput, 'prompts' | 'seeded'>,
): Example[] {
  const seen = { ja: 0, en: 0 };
  const counts = new Map<string, number>();
  return seeded.shuffle(plain).map(({ id, lang, question, answer }) => {
    const split = seen[lang]++ < HELD_PLAIN ? 'held' : 'train';
    return {
      id,
      split,
      lang,
      kind: 'plain',
      group: 'plain',
      pack: packName(counts, `${split}-plain-${lang}`, PAIRS_PER_PACK),
      gold: null,
      planted: false,
      messages: [
        ...prompts.plain({ language: lang, instruction: null, question }),
        { role: 'assistant', content: answer },
      ],
    };
  });
}

/**
 * General questions on which the adapter is to go on saying what the base says: every other one under
 * `instruction`, as people ask an adapter for what it is not made for.
 */
export function rehearsalExamples(
  rows: readonly Plain[],
  { prompts, seeded, instruction, perLanguage }: RehearsalInput,
): Example[] {
  const counts = new Map<string, number>();
  return (['ja', 'en'] as const).flatMap((lang) =>
    seeded
      .shuffle(rows.filter((row) => row.lang === lang))
      .slice(0, perLanguage)
      .map(({ id, question, answer }, at) => ({
        id,
        split: 'train',
        lang,
        kind: 'rehearsal',
        group: 'rehearsal',
        pack: packName(counts, `rehearsal-${lang}-${at % 2}`, PAIRS_PER_PACK),
        gold: null,
        planted: false,
        messages: [
          ...prompts.plain({
            language: lang,
            instruction: at % 2 === 0 ? null : (instruction?.[lang] ?? null),
            question,
          }),
          { role: 'assistant', content: answer },
        ],
      })),
  );
}

function packName(counts: Map<string, number>, stem: string, size: number): string {
  const count = counts.get(stem) ?? 0;
  counts.set(stem, count + 1);
  return `${stem}-${Math.floor(count / size)}`;
}

/** The passage an answer rests on, when it names exactly one. */
function onlyMarker(answer: string): number | null {
  const named = new Set([...answer.matchAll(/\[(\d+)\]/gu)].map((match) => Number(match[1])));
  const [first] = named;
  return named.size === 1 && first !== undefined ? first : null;
}
