import { z } from 'zod';
import { AdapterName } from '../schemas.js';
import { AccessTag } from '../store/passage.js';
import { GateReport } from './gates/report.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const PerLanguage = <T extends z.ZodType>(value: T) => z.strictObject({ ja: value, en: value });

/** A measured figure of the base model and of the adapter on the same cases. */
const Score = z.looseObject({
  /** What was measured, such as `answer_contains_gold`. */
  name: z.string(),
  /** Part of the data: never one the adapter was trained on. */
  split: z.string(),
  lang: z.enum(['ja', 'en', 'all']),
  n: z.int().min(0),
  base: z.number().nullable(),
  adapter: z.number().nullable(),
});

/** A document that was learned from, as it stood then. */
export const LineageDocument = z.strictObject({
  corpus: z.string(),
  id: z.string(),
  revision: z.string(),
  /** A reader held one of these; empty: the maintainer alone. */
  access: z.array(AccessTag),
});
export type LineageDocument = z.infer<typeof LineageDocument>;

/**
 * What an adapter is, what it learned from and how it was measured: `adapters/<name>/passport.json`.
 * Nothing is served without one.
 */
export const Passport = z.strictObject({
  name: AdapterName,
  version: z.string().min(1).max(32),
  description: PerLanguage(z.string()),
  /** The base model files it was trained for and measured on. */
  base: z.strictObject({
    name: z.string(),
    sha256: z.array(Sha256).min(1),
    licence: z.string().nullable().default(null),
  }),
  adapter: z.strictObject({
    sha256: Sha256,
    bytes: z.int().min(1),
    rank: z.int().min(1),
    alpha: z.number(),
    targets: z.array(z.string()),
  }),
  licence: z.string(),
  data: z.looseObject({
    files: z.array(z.looseObject({ path: z.string(), sha256: Sha256 })),
    languages: z.array(z.string()),
    /** Examples by part, language and kind, such as `train en answer`. */
    counts: z.record(z.string(), z.int()).default({}),
  }),
  /** Documents of corpora that the data was taken from; empty when it was written for the purpose. */
  lineage: z.array(LineageDocument).default([]),
  settings: z.looseObject({ seed: z.int() }),
  /** Chat template of its training prompts. */
  template: z.literal('chatml').default('chatml'),
  /** System text that it was trained with; null: the one that the service gives to readers. */
  instruction: PerLanguage(z.string().min(1)).nullable().default(null),
  /** JSON schema that its answers are held to; null: free text. */
  answerSchema: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Whether its skill is reading passages. */
  needsPassages: z.boolean(),
  /** Whether it is used only by those who name it. */
  byName: z.boolean().default(false),
  /** Example questions that its skill without passages is made for. */
  affinity: PerLanguage(z.array(z.string())),
  /** A caller must hold each of these tags, and be allowed to read each document of the lineage. */
  access: z.array(AccessTag),
  scores: z.array(Score),
  /** When header, first load and golden prompt were last passed, and on which base; null: never. */
  vetting: z.strictObject({ at: z.iso.datetime(), baseSha256: Sha256 }).nullable().default(null),
  /** How this version did in the gates; null before they were run. */
  gates: GateReport.nullable().default(null),
  /** Why a maintainer lets this file serve though it did not pass them. */
  overruled: z
    .strictObject({ at: z.iso.datetime(), sha256: Sha256, reason: z.string().min(1) })
    .nullable()
    .default(null),
  history: z.array(z.looseObject({ at: z.string(), event: z.string() })),
});
export type Passport = z.infer<typeof Passport>;

/** Whether the decision may choose it for those who do not name it: an object is for programs, too. */
export function servesUnnamed({
  byName,
  answerSchema,
}: Pick<Passport, 'byName' | 'answerSchema'>): boolean {
  return !byName && answerSchema === null;
}

/** This very file passed its gates (with `baseSha256`: on that base), or somebody said why it serves. */
export function isCleared({ adapter, gates, overruled }: Passport, baseSha256?: string): boolean {
  const passed =
    gates?.candidateSha256 === adapter.sha256 &&
    gates.passed &&
    (baseSha256 === undefined || gates.baseSha256 === baseSha256);
  return passed || overruled?.sha256 === adapter.sha256;
}

/**
 * The rights of an adapter: of each list a caller must hold one tag. What it learned from a document
 * it may tell, so only those get it who may read all of its documents.
 */
export function rightsOf({ access, lineage }: Pick<Passport, 'access' | 'lineage'>): string[][] {
  const lists = [...access.map((tag) => [tag]), ...lineage.map((one) => one.access.toSorted())];
  return [...new Map(lists.map((list) => [list.join(' '), list])).values()];
}
