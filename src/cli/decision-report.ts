import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAdapters } from '../adapters/registry.js';
import { mainChecksums } from '../adapters/roster.js';
import { adapterRegistry } from '../chat-engines.js';
import { decisionFile, readServedDecision } from '../chat-policy.js';
import type { Config } from '../config.js';
import type { Served } from '../decision/decision-file.js';
import { defaultRuleFor, RULE_CORPORA } from '../decision/default-rule.js';
import { learnedPolicy } from '../decision/learned.js';
import { rulePolicy } from '../decision/rule.js';
import type { Utility } from '../decision/utility.js';
import { isSystemError, KakehashiError } from '../errors.js';
import { type DecisionReport, reportDecision } from '../eval/decision-report.js';
import { partOf } from '../eval/gold.js';
import { ReplayRow } from '../eval/outcome.js';
import { renderReportPage } from '../eval/report-page.js';
import { formatShare } from '../eval/report.js';
import { modelsDir, namedModels, recordsFile } from '../knowledge.js';
import { requireModel } from '../models/verify.js';
import { openRecords } from '../store/records.js';
import { EXIT, note, print, printJson, renderTable } from './terminal.js';

/** Where the decision file in service, its rows and its report lie. */
export function decisionPaths(config: Config) {
  const folder = join(config.data, 'decision');
  return {
    folder,
    file: decisionFile(config),
    rows: join(folder, 'rows.jsonl'),
    report: join(folder, 'report.json'),
    page: join(folder, 'report.html'),
  };
}

type Given = { risk: number | undefined; signal: AbortSignal };

/** Prints a report of the decision in service. Errors: those of `reportInService`. */
export async function decisionReport(
  config: Config,
  options: Given & { html: string | undefined; json: boolean },
): Promise<number> {
  const report = await reportInService(config, options);
  if (options.html !== undefined) await writeFile(options.html, renderReportPage(report));
  if (options.json) printJson(report);
  else printDecision(report);
  return EXIT.done;
}

/**
 * Reports the decision that the service would use on what was last replayed and not learned from. Errors:
 * `request.invalid` when nothing was replayed, `config.invalid`, those of `requireModel`.
 */
export async function reportInService(
  config: Config,
  { risk, signal }: Given,
): Promise<DecisionReport> {
  const rows = await readReplayRows(config);
  const served = await findServed(config, signal);
  const file = await readServedDecision(config, served, note);
  const rule = rulePolicy(defaultRuleFor(served.chatModelName));
  return reportDecision({
    rows: notLearnedFrom(rows, file?.learned.corpora ?? RULE_CORPORA),
    policy: file === null ? rule : learnedPolicy(file, rule),
    others: file === null ? {} : { rule },
    ablated: [],
    utility: utilityOf(config),
    risk: risk ?? config.risk,
  });
}

export type ServedModels = Served & { chatModelName: string };

/** What the service would serve, without starting it: nothing is tried out. */
async function findServed(config: Config, signal: AbortSignal): Promise<ServedModels> {
  const { chat } = namedModels(config);
  const model = await requireModel(chat, { modelsDir: modelsDir(config), signal });
  const records = openRecords(recordsFile(config));
  try {
    const registry = adapterRegistry(config, model, records, { signal });
    const { served } = await loadAdapters({ ...registry, tryOut: null });
    return {
      chatModel: model.sha256,
      chatModelName: chat.name,
      adapters: mainChecksums(served),
    };
  } finally {
    records.close();
  }
}

/** Those of the reporting half, and all of a corpus that the decision was not learned from. */
export function notLearnedFrom<Row extends Pick<ReplayRow, 'id' | 'corpus'>>(
  rows: readonly Row[],
  learnedFrom: readonly string[],
): Row[] {
  const isNew = ({ corpus }: Row) => !learnedFrom.includes(corpus);
  return rows.filter((row) => partOf(row) === 'report' || isNew(row));
}

/** The scale of the configuration. */
export function utilityOf({ utility }: Config): Utility {
  return {
    rightAnswer: 1,
    rightRefusal: utility.right_refusal,
    needlessRefusal: utility.needless_refusal,
    thousandTokens: utility.thousand_tokens,
    second: utility.second,
  };
}

/** The rows of the last replay. Errors: `request.invalid` when there is none. */
export async function readReplayRows(config: Config): Promise<ReplayRow[]> {
  const text = await readFile(decisionPaths(config).rows, 'utf8').catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new KakehashiError('request.invalid', 'Nothing was replayed yet.', {
      remedy: 'Run: kakehashi decision replay',
    });
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ReplayRow.parse(JSON.parse(line)));
}

/** The fitting half and the reporting half. */
export function splitRows(rows: readonly ReplayRow[]): [ReplayRow[], ReplayRow[]] {
  return [
    rows.filter((row) => partOf(row) === 'fit'),
    rows.filter((row) => partOf(row) === 'report'),
  ];
}

export function printDecision(report: DecisionReport): void {
  const number = (value: number) => value.toFixed(3);
  print(
    `${report.policy}: ${report.n} questions it was not learned from, stated risk ${report.risk}. 95 % intervals.\n`,
  );
  print(
    renderTable(
      ['way', 'utility', 'less than the policy', 'good', 'wrong', 'tokens', 's'],
      report.policies.map((one) => [
        one.name,
        number(one.utility.value),
        `${number(one.behind.value)} (${number(one.behind.low)} … ${number(one.behind.high)})`,
        formatShare(one.right),
        formatShare(one.wrong),
        one.tokens.toFixed(0),
        one.seconds.toFixed(1),
      ]),
    ),
  );
  const { bestFixed, oracle } = report;
  print(
    `Against always ${bestFixed.name}: ${number(bestFixed.gain.value)} (${number(bestFixed.gain.low)} … ${number(bestFixed.gain.high)}); share of the oracle's gain: ${oracle.gapClosed.value.toFixed(2)} (${oracle.gapClosed.low.toFixed(2)} … ${oracle.gapClosed.high.toFixed(2)}).\n`,
  );
  print(
    renderTable(
      ['language', 'wrong, of answers', 'answered, of answerable', 'of unanswerable', 'ECE'],
      report.languages.map((one) => [
        one.lang,
        formatShare(one.risk),
        formatShare(one.answeredOfAnswerable),
        formatShare(one.answeredOfUnanswerable),
        number(one.calibrationError),
      ]),
    ),
  );
}
