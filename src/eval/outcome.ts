import { z } from 'zod';
import { FEATURE_NAMES } from '../decision/features.js';
import type { Evidence } from '../decision/policy.js';
import type { Verdict } from '../decision/utility.js';

/** What came of one question in one way of answering, when nothing was withheld by a gate. */
export const ArmOutcome = z.strictObject({
  /** The answer is right as far as it goes; false for a question that nothing answers. */
  right: z.boolean(),
  /** The draft withheld itself, by its words or by saying nothing. */
  empty: z.boolean(),
  /** Chance of the withholding word at the first position; null for an arm that does not read. */
  readOut: z.number().nullable(),
  /** A verified citation lies in a gold document; null where none is due. */
  cited: z.boolean().nullable(),
  tokens: z.int(),
  seconds: z.number(),
});
export type ArmOutcome = z.infer<typeof ArmOutcome>;

/** One question with everything that a policy may go by and what each arm would have brought. */
export const ReplayRow = z.strictObject({
  id: z.string(),
  corpus: z.string(),
  lang: z.enum(['ja', 'en']),
  kind: z.enum(['document', 'task', 'general', 'unanswerable']),
  /** Questions on one document lie in one fold; the halves are drawn by question. */
  group: z.string(),
  /** A passage that was found in a gold document holds a gold answer. */
  holds: z.boolean(),
  hasPassages: z.boolean(),
  features: z.record(z.enum(FEATURE_NAMES), z.number()),
  adapterAffinity: z.record(z.string(), z.number()),
  /** By `direct`, `retrieve`, `adapter:<name>`, `both:<name>`. */
  arms: z.record(z.string(), ArmOutcome),
});
export type ReplayRow = z.infer<typeof ReplayRow>;

export function evidenceOfRow(row: ReplayRow, risk: number): Evidence {
  const names = new Set(
    Object.keys(row.arms).flatMap((key) => (key.includes(':') ? [key.split(':')[1] ?? ''] : [])),
  );
  return {
    features: { ...row.features, adapterAffinity: row.adapterAffinity },
    language: row.lang,
    adapters: [...names].toSorted().map((name) => ({ name, needsPassages: true })),
    hasPassages: row.hasPassages,
    risk,
  };
}

/** Whether a question wants no document. */
export function isGeneral({ kind }: Pick<ReplayRow, 'kind'>): boolean {
  return kind === 'general' || kind === 'task';
}

/** How a draft counts; silence is right only where nothing answers. */
export function verdictOf({ kind }: Pick<ReplayRow, 'kind'>, right: boolean | null): Verdict {
  if (right === null) return kind === 'unanswerable' ? 'right_refusal' : 'needless_refusal';
  return right ? 'right' : 'wrong';
}
