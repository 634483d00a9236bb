import { writeFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { recordsFile } from '../knowledge.js';
import type { IndexRun } from '../store/record-runs.js';
import { openRecords } from '../store/records.js';
import { renderRunsPage } from './runs-page.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

export type RunsOptions = { limit: number; html: string | undefined; json: boolean };

/** Lists the index runs, newest first, with what could not be read in the last of each corpus. */
export async function runs(
  config: Config,
  corpus: string | undefined,
  { limit, html, json }: RunsOptions,
): Promise<number> {
  const records = openRecords(recordsFile(config));
  const all = records.runs.list({ corpus: corpus ?? null, limit });
  records.close();
  if (html !== undefined) await writeFile(html, renderRunsPage(all));
  if (json) printJson({ runs: all });
  else printRuns(all);
  return EXIT.done;
}

function printRuns(all: readonly IndexRun[]): void {
  print(
    renderTable(
      ['corpus', 'started', 'outcome', '+', '~', '-', 'failed', 'passages', 'embedded', 's'],
      all.map(({ corpus, started, status, reason, counts }) => {
        const count = (name: string) => String(counts[name] ?? '–');
        return [
          corpus,
          started.slice(0, 16),
          reason === null ? status : `${status}: ${reason.split(':')[0]}`,
          ...['added', 'changed', 'removed', 'failed', 'rows', 'embeddedPassages'].map(count),
          counts['totalMs'] === undefined ? '–' : (counts['totalMs'] / 1000).toFixed(1),
        ];
      }),
    ),
  );
  for (const { corpus, reason, failures } of newestOfEach(all)) {
    if (reason !== null) print(`${corpus}: ${reason}`);
    for (const { source, reason: why } of failures) print(`${corpus}/${source}: ${why}`);
  }
}

/** `all` is newest first. */
export function newestOfEach(all: readonly IndexRun[]): IndexRun[] {
  return all.filter(({ corpus }, at) => all.findIndex((one) => one.corpus === corpus) === at);
}
