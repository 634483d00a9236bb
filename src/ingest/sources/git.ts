import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { abortError, isSystemError, KakehashiError } from '../../errors.js';
import { fileTooLarge, MAX_FILE_BYTES } from '../reader.js';
import type { Source, SourceItem, SourceSettings } from './source.js';

const run = promisify(execFile);
const TIMEOUT_MS = 10 * 60_000;
/** Names of a million files. */
const MAX_LISTING_BYTES = 256 * 1024 * 1024;

/**
 * The files of one commit, through the `git` command: only this commit is fetched, into a bare repository
 * in `folder`; nothing is checked out and no hook runs. The mark of a file is the id of its blob. Links
 * and submodules are left out. Passwords come from git's own credential helpers or ssh keys.
 */
export function gitSource(
  { repository, ref, folder: inside }: Extract<SourceSettings, { kind: 'git' }>,
  folder: string,
): Source {
  return async function* list({ signal }) {
    const git = async (args: readonly string[], maxBytes: number): Promise<Buffer> =>
      await runGit(folder, args, { maxBytes, signal });
    await mkdir(folder, { recursive: true });
    await git(['init', '--quiet', '--bare', '.'], 65_536);
    await git(['fetch', '--quiet', '--depth=1', '--no-tags', '--', repository, ref], 65_536);
    const listing = await git(
      ['ls-tree', '-r', '-l', '-z', '--full-tree', 'FETCH_HEAD'],
      MAX_LISTING_BYTES,
    );
    const prefix = inside.replace(/^\/+|\/+$/gu, '');
    const entries = listing.toString('utf8').split('\0').flatMap(parseEntry);
    const below = entries.filter(({ path }) => prefix === '' || path.startsWith(`${prefix}/`));
    if (below.length === 0) throw failed(`has no files${prefix === '' ? '' : ' in that folder'}`);
    for (const { path, blob, bytes } of below) {
      yield {
        path: prefix === '' ? path : path.slice(prefix.length + 1),
        fingerprint: blob,
        fetch: async () => {
          if (bytes > MAX_FILE_BYTES) throw fileTooLarge(bytes);
          return {
            bytes: await git(['cat-file', 'blob', blob], MAX_FILE_BYTES),
            fingerprint: blob,
          };
        },
      } satisfies SourceItem;
    }
  };
}

type Entry = { path: string; blob: string; bytes: number };

/** `100644 blob <id> <size>\t<path>`; links (120000) and submodules (commit) are none. */
function parseEntry(line: string): Entry[] {
  const match = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)\t(.+)$/su.exec(line);
  if (match === null) return [];
  const [, blob = '', bytes = '0', path = ''] = match;
  return [{ path, blob, bytes: Number(bytes) }];
}

async function runGit(
  folder: string,
  args: readonly string[],
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal | undefined },
): Promise<Buffer> {
  const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never'];
  try {
    const { stdout } = await run('git', [...safe, ...args], {
      cwd: folder,
      encoding: 'buffer',
      maxBuffer: maxBytes,
      timeout: TIMEOUT_MS,
      signal,
      // oxlint-disable-next-line node/no-process-env -- git needs home and agent of its user
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:https:ssh' },
    });
    return stdout;
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    if (isSystemError(error, 'ENOENT')) {
      throw new KakehashiError('ingest.source_failed', 'The command git is not installed.', {
        remedy: 'Install git, or put the documents into the folder of the corpus.',
      });
    }
    throw failed('cannot be fetched', error);
  }
}

/** What git printed may hold a password of the address: it is the cause, not the message. */
function failed(what: string, cause?: unknown): KakehashiError {
  return new KakehashiError('ingest.source_failed', `The git repository ${what}.`, {
    remedy: 'Try `git ls-remote` with the address and ref of corpus.yaml as the same user.',
    cause,
  });
}
