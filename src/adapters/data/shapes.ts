import { z } from 'zod';

const Lang = z.enum(['ja', 'en']);
const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/u, 'lower case letters, digits and -');

/**
 * A document of a corpus that training data was taken from. Its rights become the adapter's, and its
 * erasure takes the adapter out of service.
 */
export const DocumentRef = z.strictObject({ corpus: z.string().min(1), id: z.string().min(1) });
export type DocumentRef = z.infer<typeof DocumentRef>;

/** A passage as a prompt shows it. */
export const DataPassage = z.strictObject({
  document: DocumentRef.optional(),
  title: z.string().min(1),
  section: z.string().default(''),
  updated: z.iso.date().nullable().default(null),
  text: z.string().min(1),
});

/**
 * `data/pairs.*.jsonl`: what is asked and what should be answered, word for word, with passages when
 * the skill is reading them. Pairs of one `group` (a subject, a customer, a document) are either all
 * trained on or all held out. An answer that opens with the withholding word is a withheld one.
 */
export const Pair = z.strictObject({
  id: Id,
  lang: Lang,
  group: Id,
  question: z.string().min(1),
  answer: z.string().min(1),
  passages: z.array(DataPassage).min(1).max(6).optional(),
  /** Further documents that the answer rests on. */
  documents: z.array(DocumentRef).optional(),
});
export type Pair = z.infer<typeof Pair>;

const SourceQuestion = z.strictObject({
  /** `withheld`: the document nearly tells it, but does not. */
  kind: z.enum(['answer', 'withheld']),
  question: z.string().min(1),
  /** One or two sentences without markers; of a withheld question, what the document does tell. */
  answer: z.string().min(1),
  /** Asked and answered in the other language than the document's. */
  cross: z.boolean().optional(),
});
export type SourceQuestion = z.infer<typeof SourceQuestion>;

/**
 * `data/sources.*.jsonl`: a short document with questions, from which reading examples are made:
 * the document among others of its group, in every order, present or absent.
 */
export const Source = z.strictObject({
  id: Id,
  lang: Lang,
  group: Id,
  title: z.string().min(1),
  section: z.string(),
  updated: z.iso.date().nullable(),
  text: z.string().min(1),
  document: DocumentRef.optional(),
  /** Id of the document that this one takes the place of. */
  supersedes: Id.optional(),
  qa: z.array(SourceQuestion),
});
export type Source = z.infer<typeof Source>;

/** `data/plain.jsonl`: small talk and general requests and what the adapter should say to them. */
export const Plain = z.strictObject({
  id: Id,
  lang: Lang,
  kind: z.literal('plain'),
  question: z.string().min(1),
  answer: z.string().min(1),
});
export type Plain = z.infer<typeof Plain>;

/** `data/held.json`: groups kept out of training, drawn once so that no later version learns them. */
export const Held = z.strictObject({ ja: z.array(Id), en: z.array(Id) });
export type Held = z.infer<typeof Held>;

export type Language = z.infer<typeof Lang>;

/**
 * One line of what the trainer and the gates read. Examples of one `pack` share the beginning of
 * their prompt, which is then read once.
 */
export type Example = {
  id: string;
  split: 'train' | 'held';
  lang: Language;
  /**
   * `absent`: the document that tells it is not among the passages. `task`: nothing is withheld.
   * `rehearsal`: what the base says is kept, against forgetting; the answer only leads through it.
   */
  kind: 'answer' | 'withheld' | 'absent' | 'task' | 'plain' | 'rehearsal';
  group: string;
  pack: string;
  /** Number of the passage that tells it, from 1; null when none does or several may. */
  gold: number | null;
  /** Whether a passage holds an instruction to the reader. */
  planted: boolean;
  /** The prompt, and the answer as its last message. */
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
};
