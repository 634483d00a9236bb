import { open } from 'node:fs/promises';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../errors.js';
import type { SourceFile } from './list-files.js';
import type { StatedMeta } from './reader.js';
import { statedMeta } from './readers/front-matter.js';
import { parseYaml } from './yaml.js';

/** `scan.pdf.meta.yaml` states about `scan.pdf` what a front matter would. */
export const SIDECAR = '.meta.yaml';

const MAX_BYTES = 64 * 1024;

/** Strict, unlike front matter with its fields of other programs: `acces` would give the corpus's rights. */
const Fields = z
  .strictObject({
    id: z.unknown(),
    title: z.unknown(),
    lang: z.unknown(),
    language: z.unknown(),
    access: z.unknown(),
    updated: z.unknown(),
    effective: z.unknown(),
    date: z.unknown(),
    superseded_by: z.unknown(),
    url: z.unknown(),
  })
  .partial();

/**
 * The fields beside a file, null without a sidecar. Errors: `ingest.read_failed` when it cannot be
 * understood, which withdraws: its access may stand in there.
 */
export async function readSidecar(file: Place): Promise<StatedMeta | null> {
  const source = await sidecarBytes(file);
  if (source === null) return null;
  let values: unknown;
  try {
    if (source.length > MAX_BYTES) throw new Error('too long');
    values = parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(source));
  } catch (cause) {
    throw faulty(cause);
  }
  const parsed = Fields.safeParse(values ?? {});
  if (!parsed.success) throw faulty(parsed.error);
  return statedMeta(parsed.data);
}

type Place = Pick<SourceFile, 'file' | 'listed'>;

/** Of a link the sidecar beside it, else that of its target: a link alone widens no rights. */
export async function sidecarBytes({ file, listed }: Place): Promise<Buffer | null> {
  return (await readHead(listed + SIDECAR)) ?? (await readHead(file + SIDECAR));
}

async function readHead(file: string): Promise<Buffer | null> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES + 1));
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw faulty(error);
  }
}

function faulty(cause: unknown): KakehashiError {
  return new KakehashiError('ingest.read_failed', `The file ${SIDECAR} beside it is not valid.`, {
    remedy: 'Its fields are id, title, lang, access, updated, superseded_by and url, in YAML.',
    detail: { withdraws: true },
    cause,
  });
}
