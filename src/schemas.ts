import { z } from 'zod';

/** The HTTP bodies. `/openapi.json` is generated from these, `meta({ id })` is the name there. */

export const CorpusName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/);
export const AdapterName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/);
export const Language = z.enum(['ja', 'en']);
export const Arm = z.enum(['direct', 'retrieve', 'adapter', 'both', 'abstain']);
export type Arm = z.infer<typeof Arm>;

/**
 * Half a surrogate pair and NUL, which no UTF-8 file and no C string can carry, become U+FFFD.
 */
const storable = (text: string) => text.replace(/[\p{Surrogate}\0]/gu, '\u{FFFD}');

const Question = z
  .string()
  .min(1)
  .max(4000)
  .overwrite(storable)
  .refine((text) => text.trim() !== '', { error: 'must hold more than white space' });

export const AnswerRequest = z
  .strictObject({
    question: Question,
    conversation_id: z.uuid().optional(),
    corpora: z.array(CorpusName).min(1).max(32).optional(),
    language: z.enum(['auto', 'ja', 'en']).default('auto'),
    mode: z.enum(['auto', 'direct', 'retrieve', 'adapter', 'both']).default('auto'),
    adapter: AdapterName.optional(),
    /** Share of given answers that may be wrong; defaults to the service's own. */
    risk: z.number().min(0.01).max(1).optional(),
    max_tokens: z.int().min(1).max(1024).default(256),
    deadline_ms: z.int().min(100).max(600_000).default(120_000),
    stream: z.boolean().default(false),
  })
  .meta({ id: 'AnswerRequest' });
export type AnswerRequest = z.infer<typeof AnswerRequest>;

export const Citation = z
  .strictObject({
    /** The number in the answer: `[1]` is 1. */
    marker: z.int().min(1),
    corpus: z.string(),
    document_id: z.string(),
    title: z.string(),
    section: z.string(),
    page: z.int().nullable(),
    revision: z.string(),
    /** Exact text of the document between `start` and `end`. */
    quote: z.string(),
    start: z.int(),
    end: z.int(),
    /** The quote is a substring of the passage and supports the sentence it stands beside. */
    verified: z.boolean(),
  })
  .meta({ id: 'Citation' });
export type Citation = z.infer<typeof Citation>;

export const AdapterRef = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    sha256: z.string(),
  })
  .meta({ id: 'AdapterRef' });
export type AdapterRef = z.infer<typeof AdapterRef>;

export const Considered = z
  .strictObject({
    arm: Arm,
    adapter: z.string().nullable(),
    /** Calibrated chance of a good answer, 0..1. */
    p_good: z.number().min(0).max(1),
    /** Share of the price of an answer, 0..1. */
    cost: z.number().min(0),
    value: z.number(),
  })
  .meta({ id: 'Considered' });
export type Considered = z.infer<typeof Considered>;

export const Decision = z
  .strictObject({
    arm: Arm,
    adapter: AdapterRef.nullable(),
    confidence: z.number().min(0).max(1),
    /** One or two sentences in the asker's language. */
    reasons: z.array(z.string()),
    /** Best first. */
    considered: z.array(Considered),
    /** Every feature by name, as used. */
    evidence: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof Decision>;

export const NearestDocument = z
  .strictObject({
    corpus: z.string(),
    document_id: z.string(),
    title: z.string(),
    section: z.string(),
    revision: z.string(),
    start: z.int(),
    end: z.int(),
  })
  .meta({ id: 'NearestDocument' });
export type NearestDocument = z.infer<typeof NearestDocument>;

export const IndexRef = z
  .strictObject({ corpus: z.string(), version: z.int() })
  .meta({ id: 'IndexRef' });

export const Timings = z
  .strictObject({
    queue: z.number(),
    embed: z.number(),
    search: z.number(),
    decide: z.number(),
    prefill: z.number(),
    generate: z.number(),
    total: z.number(),
  })
  .meta({ id: 'Timings' });
export type Timings = z.infer<typeof Timings>;

export const AnswerResponse = z
  .strictObject({
    id: z.uuid(),
    conversation_id: z.uuid(),
    outcome: z.enum(['answered', 'abstained']),
    answer: z.string(),
    /** The answer of an adapter that declares a schema, parsed; null for text. */
    structured: z.record(z.string(), z.unknown()).nullable(),
    language: Language,
    citations: z.array(Citation),
    /** Sentences of the answer that no verified citation supports, as spans of `answer`. */
    uncited: z.array(z.strictObject({ start: z.int(), end: z.int() })),
    /** For an abstention: what the caller may read that comes nearest. */
    nearest: z.array(NearestDocument),
    decision: Decision,
    model: z.strictObject({ name: z.string(), sha256: z.string() }),
    index: z.array(IndexRef),
    usage: z.strictObject({
      prompt_tokens: z.int(),
      cached_tokens: z.int(),
      completion_tokens: z.int(),
    }),
    timings_ms: Timings,
    disclaimer: z.string().nullable(),
  })
  .meta({ id: 'AnswerResponse' });
export type AnswerResponse = z.infer<typeof AnswerResponse>;

export const SearchRequest = z
  .strictObject({
    query: Question,
    corpora: z.array(CorpusName).min(1).max(32).optional(),
    language: z.enum(['auto', 'ja', 'en']).default('auto'),
    limit: z.int().min(1).max(50).default(10),
  })
  .meta({ id: 'SearchRequest' });
export type SearchRequest = z.infer<typeof SearchRequest>;

export const SearchResponse = z
  .strictObject({
    results: z.array(
      z.strictObject({
        corpus: z.string(),
        document_id: z.string(),
        passage_id: z.string(),
        title: z.string(),
        section: z.string(),
        text: z.string(),
        start: z.int(),
        end: z.int(),
        revision: z.string(),
        score: z.number(),
        legs: z.strictObject({ dense: z.number().nullable(), keyword: z.number().nullable() }),
      }),
    ),
    index: z.array(IndexRef),
    timings_ms: z.strictObject({ embed: z.number(), search: z.number(), total: z.number() }),
  })
  .meta({ id: 'SearchResponse' });
export type SearchResponse = z.infer<typeof SearchResponse>;

export const DocumentResponse = z
  .strictObject({
    corpus: z.string(),
    id: z.string(),
    revision: z.string(),
    title: z.string(),
    language: Language,
    updated: z.string().nullable(),
    superseded_by: z.string().nullable(),
    url: z.string().nullable(),
    /** The file it was read from, at `…/original`; null when its text is all there is. */
    original: z.strictObject({ media_type: z.string(), name: z.string() }).nullable(),
    text: z.string(),
    passages: z.array(
      z.strictObject({ id: z.string(), section: z.string(), start: z.int(), end: z.int() }),
    ),
  })
  .meta({ id: 'DocumentResponse' });
export type DocumentResponse = z.infer<typeof DocumentResponse>;

export const FeedbackRequest = z
  .strictObject({
    answer_id: z.uuid(),
    helpful: z.boolean(),
    comment: z.string().max(2000).overwrite(storable).optional(),
  })
  .meta({ id: 'FeedbackRequest' });
export type FeedbackRequest = z.infer<typeof FeedbackRequest>;

const Bilingual = z.strictObject({ ja: z.string(), en: z.string() });

export const AboutResponse = z
  .strictObject({
    version: z.string(),
    model: z.strictObject({ name: z.string(), sha256: z.string() }),
    gpu: z.boolean(),
    corpora: z.array(
      z.strictObject({ name: z.string(), title: Bilingual, version: z.int().nullable() }),
    ),
    adapters: z.array(
      z.strictObject({ name: z.string(), version: z.string(), description: Bilingual }),
    ),
  })
  .meta({ id: 'AboutResponse' });
export type AboutResponse = z.infer<typeof AboutResponse>;

const Gate = z.strictObject({
  gate: z.string(),
  /** What the figures are. */
  figure: z.string(),
  language: z.enum(['ja', 'en', 'all']),
  n: z.int(),
  base: z.number().nullable(),
  in_service: z.number().nullable(),
  candidate: z.number().nullable(),
  /** 95 % interval of the difference to the base, or of the figure where there is no base. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** What is asked of it; null for a figure that is only reported. */
  limit: z.string().nullable(),
  passed: z.boolean(),
});

/** The passport of an adapter in service, as far as it concerns those who use it. */
export const AdapterResponse = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    sha256: z.string(),
    description: Bilingual,
    licence: z.string(),
    /** The model it was trained on; it fits no other. */
    base: z.strictObject({ name: z.string(), sha256: z.array(z.string()) }),
    needs_passages: z.boolean(),
    /** Of each list its user holds one tag. */
    access: z.array(z.array(z.string())),
    languages: z.array(z.string()),
    /** Examples by part, language and kind, such as `train en answer`; empty when not recorded. */
    examples: z.record(z.string(), z.int()),
    /** Documents it learned from; empty when its data was written for the purpose. */
    documents: z.array(
      z.strictObject({ corpus: z.string(), id: z.string(), revision: z.string() }),
    ),
    /** How it did against the model alone; null when it was not measured that way. */
    gates: z.strictObject({ at: z.string(), passed: z.boolean(), rows: z.array(Gate) }).nullable(),
    history: z.array(z.strictObject({ at: z.string(), event: z.string() })),
  })
  .meta({ id: 'AdapterResponse' });
export type AdapterResponse = z.infer<typeof AdapterResponse>;

export const ReadinessResponse = z
  .strictObject({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(
      z.strictObject({
        name: z.string(),
        ok: z.boolean(),
        /** One sentence for the operator, '' when there is nothing to say. */
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'ReadinessResponse' });
export type ReadinessResponse = z.infer<typeof ReadinessResponse>;

/** RFC 9457. */
export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    remedy: z.string().optional(),
    request_id: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
