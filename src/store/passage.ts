import { z } from 'zod';

/** A right to read: `group:NAME`. A document without any is read by the local maintainer alone. */
export const AccessTag = z.string().regex(/^group:[\p{L}\p{N}_.-]{1,64}$/u);

/**
 * One searchable piece of a document. The text is a slice of the stored document text:
 * `documentText.slice(start, end) === text`, so a quote found in it has a place in the original.
 */
export const Passage = z.strictObject({
  /** `<documentId>#<hash>`; the same content at the same place keeps its id between runs. */
  id: z.string().min(1).max(600),
  documentId: z.string().min(1).max(512),
  /** First 16 hex digits of the sha256 of the document's text and metadata. */
  revision: z.string().regex(/^[0-9a-f]{16}$/),
  title: z.string(),
  /** Heading path joined by ` › `, '' at the top of a document. */
  section: z.string(),
  /** Repeated table header and the like, shown and embedded before the text; '' when none. */
  context: z.string(),
  text: z.string().min(1),
  /** UTF-16 offsets into the document text. */
  start: z.int().min(0),
  end: z.int().min(1),
  /** Place of the passage in the document, from 0. */
  position: z.int().min(0),
  page: z.int().min(1).nullable(),
  language: z.enum(['ja', 'en']),
  access: z.array(AccessTag),
  /** Date of the revision as the document states it, YYYY-MM-DD. */
  updated: z.string().nullable(),
  /** Id of the document that replaces this one. */
  supersededBy: z.string().nullable(),
  disclaimer: z.enum(['none', 'legal', 'medical']),
});
export type Passage = z.infer<typeof Passage>;

/** The whole text of one document revision, kept so that citations open at their place. */
export const StoredDocument = z.strictObject({
  corpus: z.string(),
  id: z.string().min(1).max(512),
  revision: z.string().regex(/^[0-9a-f]{16}$/),
  title: z.string(),
  language: z.enum(['ja', 'en']),
  access: z.array(AccessTag),
  updated: z.string().nullable(),
  supersededBy: z.string().nullable(),
  url: z.string().nullable(),
  /** Where it came from, relative to the corpus folder. */
  source: z.string(),
  text: z.string(),
});
export type StoredDocument = z.infer<typeof StoredDocument>;

/**
 * Who asks. Built from a verified key, token or the loopback address; never from the request body.
 */
export type Principal = {
  id: string;
  /** `group:…` tags; `group:everyone` is held by each principal. */
  access: readonly string[];
  /** The local maintainer reads every document. */
  readsAll: boolean;
};
