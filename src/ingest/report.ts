import Table from 'cli-table3';
import type { FailedSource, IndexReport } from './index-report.js';

/** Ids listed per kind before the rest is only counted. */
const LISTED = 20;

/** The report of a run for a terminal, without colours. */
export function renderIndexReport(report: IndexReport): string {
  const table = new Table({
    head: ['', 'documents', ''],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [12, 12, 72],
  });
  for (const kind of ['added', 'changed', 'removed'] as const) {
    const ids = report[kind];
    const more = ids.length > LISTED ? `\n… and ${ids.length - LISTED} more` : '';
    table.push([kind, ids.length, ids.slice(0, LISTED).join('\n') + more]);
  }
  const touched = report.touched.length;
  table.push([
    'unchanged',
    report.unchanged,
    touched === 0 ? '' : `${touched} of them in files that changed without their text`,
  ]);
  table.push(['failed', report.failed.length, '']);
  const failed = failureLines(report.failed);
  for (const [first, second] of report.alike.slice(0, LISTED)) {
    failed.push(`- ${first} says nearly the same as ${second}.`);
  }
  if (report.alike.length > LISTED) {
    failed.push(`… and ${report.alike.length - LISTED} more pairs: --json lists all.`);
  }
  const personal = Object.entries(report.personal)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  if (personal.length > 0) failed.push(`Personal data: ${personal.join(', ')}.`);
  const { embed, total } = report.timingsMs;
  const outcome = report.dryRun
    ? 'Dry run: nothing was written.'
    : `Version ${report.version ?? '-'} is published. ${report.passages} passages written, ${report.embeddedPassages} embedded, ${report.reusedPassages} taken over.`;
  const time = `${seconds(total)} in all, ${seconds(embed)} of it embedding.`;
  return [`Corpus ${report.corpus}`, table.toString(), ...failed, outcome, time].join('\n');
}

/** What could not be read, and why, each on a line. */
export function failureLines(failed: readonly FailedSource[]): string[] {
  return failed.map(
    ({ source, reason, keptEarlier }) =>
      `- ${source}: ${reason}${keptEarlier ? ' Its earlier version stays in the index.' : ''}`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
