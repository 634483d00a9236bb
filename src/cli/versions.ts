import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { openKnowledge } from '../service.js';
import { EXIT, note, print, printJson, renderTable } from './terminal.js';

type Given = { json: boolean; signal: AbortSignal };

/** Lists the versions that are kept of each corpus, newest first. */
export async function versions(
  config: Config,
  corpus: string | undefined,
  { json, signal }: Given,
): Promise<number> {
  await using knowledge = await openKnowledge(config, { signal, onNote: note });
  const names = corpus === undefined ? await knowledge.passages.corpora() : [corpus];
  const kept = await Promise.all(
    names.map(async (name) => ({
      corpus: name,
      versions: await knowledge.passages.versions(name),
    })),
  );
  if (json) {
    printJson({ corpora: kept });
    return EXIT.done;
  }
  print(
    renderTable(
      ['corpus', 'version', 'published', 'passages', ''],
      kept.flatMap(({ corpus: name, versions: all }) =>
        all.map(({ version, at, rows, current }) => [
          name,
          String(version),
          at.slice(0, 16),
          String(rows),
          current ? 'in use' : '',
        ]),
      ),
    ),
  );
  return EXIT.done;
}

/** Sends readers back to a kept version, the one before when none is named; a running service follows. */
export async function rollback(
  config: Config,
  corpus: string,
  options: { to: number | undefined } & Given,
): Promise<number> {
  await using knowledge = await openKnowledge(config, { signal: options.signal, onNote: note });
  const all = await knowledge.passages.versions(corpus);
  const current = all.find((one) => one.current)?.version ?? 0;
  const before = all.find(({ version }) => version < current)?.version;
  const to = options.to ?? before;
  if (to === undefined) {
    throw new KakehashiError('store.version_missing', `There is no earlier version of ${corpus}.`, {
      remedy: 'Versions are listed by: kakehashi versions',
    });
  }
  const { version, rows } = await knowledge.passages.rollback(corpus, to);
  if (options.json) printJson({ corpus, version, rows });
  else print(`${corpus} is at version ${version} (${rows} passages); version ${current} is kept.`);
  return EXIT.done;
}
