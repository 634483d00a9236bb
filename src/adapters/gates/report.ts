import { z } from 'zod';

const Figure = z.number().nullable();

/** One figure of one gate, in one language. */
export const GateRow = z.strictObject({
  gate: z.enum([
    'own_task',
    'known_answers',
    'retrieval',
    'abstention',
    'citations',
    'forgetting',
    'overfitting',
    'leakage',
    'bias',
    'injection',
    'speed',
  ]),
  /** What the figures are, such as `mean score 0..1`. */
  figure: z.string(),
  lang: z.enum(['ja', 'en', 'all']),
  n: z.int(),
  base: Figure,
  /** The version in service; null when there is none or it is the candidate. */
  inService: Figure,
  candidate: Figure,
  /** 95 % interval of `candidate - base` where there is a base, else of `candidate`. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** What is asked of it, in words; null for a figure that is only reported. */
  limit: z.string().nullable(),
  passed: z.boolean(),
});
export type GateRow = z.infer<typeof GateRow>;

/** The gates of one version: an adapter's are kept in its passport and asked for before it is promoted. */
export const GateReport = z.strictObject({
  at: z.iso.datetime(),
  /** The file that was measured, and the base that it was measured on or against. */
  candidateSha256: z.string(),
  baseSha256: z.string(),
  rows: z.array(GateRow),
  passed: z.boolean(),
});
export type GateReport = z.infer<typeof GateReport>;
