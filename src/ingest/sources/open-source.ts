import { isAbsolute, join, resolve } from 'node:path';
import { gitSource } from './git.js';
import { s3Source, type S3Credentials } from './s3.js';
import type { Source, SourceSettings } from './source.js';
import { webSource } from './web.js';

export type OpenSourceOptions = {
  /** Folder of the corpus: relative places count from there. */
  corpusDir: string;
  /** Folder of the mirror, where a source may keep what it needs. */
  mirrorDir: string;
  s3: S3Credentials;
};

/** Beside the mirrored files: the bare repository of a git source. */
export const GIT_FOLDER = 'git';

/** The source that a corpus names. */
export function openSource(
  settings: SourceSettings,
  { corpusDir, mirrorDir, s3 }: OpenSourceOptions,
): Source {
  switch (settings.kind) {
    case 'git':
      return gitSource(
        { ...settings, repository: placeOf(settings.repository, corpusDir) },
        join(mirrorDir, GIT_FOLDER),
      );
    case 'web':
      return webSource(settings);
    case 's3':
      return s3Source(settings, s3);
    default:
      return settings satisfies never;
  }
}

/** A path on this machine, or an address as it is (`https://…`, `git@host:…`). */
function placeOf(repository: string, corpusDir: string): string {
  if (/^[\w+.-]+:\/\/|^[\w.-]+@[\w.-]+:/u.test(repository) || isAbsolute(repository))
    return repository;
  return resolve(corpusDir, repository);
}
