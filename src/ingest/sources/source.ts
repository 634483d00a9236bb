import { z } from 'zod';

/** Where the documents of a corpus come from, as `source` in corpus.yaml; without it, its folder. */
export const SourceSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('git'),
    /** Folder of a repository on this machine, or an https, ssh or file address. */
    repository: z.string().min(1).max(2000),
    /** Branch, tag or commit. */
    ref: z
      .string()
      .regex(/^[\w][\w./-]{0,199}$/u)
      .default('HEAD'),
    /** Folder inside the repository. */
    folder: z.string().max(500).default(''),
  }),
  z.strictObject({
    kind: z.literal('web'),
    /** Address of a sitemap; pages that it does not name are not read. */
    sitemap: z.url({ protocol: /^https?$/u }).optional(),
    /** Page whose links are followed, below its own folder alone. */
    start: z.url({ protocol: /^https?$/u }).optional(),
    max_pages: z.int().min(1).max(100_000).default(1000),
    max_depth: z.int().min(0).max(50).default(8),
    /** Between two requests; a longer crawl delay of the site's robots.txt counts instead. */
    delay_ms: z.int().min(0).max(60_000).default(500),
    /** Hosts, with port if it is not the usual one, that may lie in a private network. */
    allow_hosts: z.array(z.string().min(1)).default([]),
  }),
  z.strictObject({
    kind: z.literal('s3'),
    endpoint: z.url({ protocol: /^https?$/u }),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/u),
    prefix: z.string().max(500).default(''),
    region: z.string().default('us-east-1'),
  }),
]);
export type SourceSettings = z.infer<typeof SourceSettings>;

/** Content, and a mark that changes with it. */
export type Fetched = { bytes: Uint8Array; fingerprint: string };

export type SourceItem = {
  /** Relative, with `/`. */
  path: string;
  /** Changes with the content; null when only fetching tells. */
  fingerprint: string | null;
  /** Where people find it. */
  url?: string;
  /**
   * The content, or null when it is still that of the mark `before`. Errors: `ingest.read_failed`,
   * `ingest.too_large` for this item alone; `ingest.source_failed` for all; `cancelled`.
   */
  fetch: (before: string | null) => Promise<Fetched | null>;
  /** It could not be read, and others may hide behind it: nothing that is missing counts as gone. */
  hidesOthers?: boolean;
  /** It leads to another site: a copy of before stays, and without one it is none of this source. */
  leadsAway?: boolean;
};

/**
 * Everything there is now. Errors: `ingest.source_failed` when that cannot be told, so that a failing
 * network never looks like an empty folder; `cancelled`.
 */
export type Source = (options: { signal: AbortSignal | undefined }) => AsyncIterable<SourceItem>;
