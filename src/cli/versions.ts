import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { LOCAL_MAINTAINER, openKnowledge, searchIn } from '../knowledge.js';
import { diffVersions, type VersionDiff } from '../store/diff-versions.js';
import { versionBefore } from '../store/publications.js';
import type { PassageReader } from '../store/reader.js';
import { goldOf } from './corpus-gold.js';
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

/** Gold questions whose first passage is compared at most. */
const MOST_QUESTIONS = 500;

/**
 * Compares two kept versions, by default the one in use with the one before: documents and sections,
 * and gold questions that now find something else first.
 */
export async function versionsDiff(
  config: Config,
  corpus: string,
  options: { from: number | undefined; to: number | undefined } & Given,
): Promise<number> {
  await using knowledge = await openKnowledge(config, { signal: options.signal, onNote: note });
  const { passages, embedder } = knowledge;
  const kept = await passages.versions(corpus);
  const to = options.to ?? kept.find(({ current }) => current)?.version ?? 0;
  const from = options.from ?? versionBefore(kept, to) ?? 0;
  await using before = await passages.readerAt(corpus, from);
  await using after = await passages.readerAt(corpus, to);
  const diff = diffVersions(
    await passages.outline(corpus, from),
    await passages.outline(corpus, to),
  );

  const gold = await goldOf(config, corpus);
  const asked = gold.filter(({ kind }) => kind === 'document').slice(0, MOST_QUESTIONS);
  const finder = (reader: PassageReader) => {
    const search = searchIn(embedder, () => [reader]);
    const request = { corpora: null, language: null, principal: LOCAL_MAINTAINER, limit: 1 };
    return async (query: string) =>
      (await search({ ...request, query }, { signal: options.signal })).hits[0] ?? null;
  };
  const [firstBefore, firstAfter] = [finder(before), finder(after)];
  const moved: { id: string; question: string; before: string; after: string }[] = [];
  for (const { id, question } of asked) {
    const [was, is] = [await firstBefore(question), await firstAfter(question)];
    if (was?.documentId === is?.documentId && was?.text === is?.text) continue;
    moved.push({ id, question, before: was?.documentId ?? '–', after: is?.documentId ?? '–' });
  }
  if (options.json) printJson({ corpus, from, to, ...diff, questions: moved });
  else printDiff({ corpus, from, to, diff, moved, asked: asked.length });
  return EXIT.done;
}

function printDiff(shown: {
  corpus: string;
  from: number;
  to: number;
  diff: VersionDiff;
  moved: { question: string; before: string; after: string }[];
  asked: number;
}): void {
  const { diff, moved } = shown;
  print(
    `${shown.corpus}, version ${shown.from} → ${shown.to}: ${diff.unchanged} documents unchanged.\n`,
  );
  for (const id of diff.added) print(`+ ${id}`);
  for (const id of diff.removed) print(`- ${id}`);
  for (const { id, sections } of diff.changed) {
    print(`~ ${id}`);
    for (const section of sections.added) print(`    + ${section || '(top)'}`);
    for (const section of sections.removed) print(`    - ${section || '(top)'}`);
    for (const section of sections.changed) print(`    ~ ${section || '(top)'}`);
  }
  if (shown.asked === 0) return;
  print(`\n${moved.length} of ${shown.asked} gold questions find another passage first.`);
  for (const { question, before, after } of moved) {
    print(`  ${question}\n    ${before} → ${after}`);
  }
}

/** Sends readers back to a kept version, by default to what they used before; a running service follows. */
export async function rollback(
  config: Config,
  corpus: string,
  options: { to: number | undefined } & Given,
): Promise<number> {
  await using knowledge = await openKnowledge(config, { signal: options.signal, onNote: note });
  const all = await knowledge.passages.versions(corpus);
  const current = all.find((one) => one.current)?.version ?? 0;
  const to = options.to ?? versionBefore(all, current);
  if (to === null) {
    throw new KakehashiError('store.version_missing', `There is no earlier version of ${corpus}.`, {
      remedy: 'Versions are listed by: kakehashi versions',
    });
  }
  const { version, rows } = await knowledge.passages.rollback(corpus, to);
  if (options.json) printJson({ corpus, version, rows });
  else {
    print(`${corpus} is at version ${version} (${rows} passages); version ${current} is kept.`);
    print(
      'The next run indexes the documents folder again: put right what was wrong in it before.',
    );
  }
  return EXIT.done;
}
