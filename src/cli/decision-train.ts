import { writeFile } from 'node:fs/promises';
import { PROMPT_VERSION } from '../answer/prompt.js';
import { readServedDecision } from '../chat-policy.js';
import type { Config } from '../config.js';
import { defaultRuleFor } from '../decision/default-rule.js';
import type { DecisionFile } from '../decision/learned.js';
import type { DecisionReport } from '../eval/decision-report.js';
import { learnApart } from '../eval/learn-apart.js';
import type { ReplayRow } from '../eval/outcome.js';
import { renderReportPage } from '../eval/report-page.js';
import { replaceFile } from '../models/model-files.js';
import { openService, type Service } from '../service.js';
import { type ReplayRequest, replayGold } from './decision-replay.js';
import { decisionPaths, printDecision, splitRows, utilityOf } from './decision-report.js';
import { EXIT, note, print, printJson, renderTable } from './terminal.js';

/** Risks that are learned for; the last, of a half, is a price and no promise. */
const RISKS = [0.05, 0.1, 0.2, 0.5];
/** A stated risk is kept with nine chances of ten. */
const DELTA = 0.1;
/** With fewer questions to learn from, chances are hardly better than their means. */
const ENOUGH_QUESTIONS = 100;

/** Learns a decision from replays and prints its report. Exit code 3 when it is not promoted. */
export async function decisionTrain(config: Config, options: ReplayRequest): Promise<number> {
  await using service = await openService(config, { signal: options.signal, onNote: note });
  const learned = await learnDecision(config, service, options);
  if (options.json) printJson(learned);
  else printLearned(config, learned);
  return learned.promoted ? EXIT.done : EXIT.gateRefused;
}

export type LearnedDecision = {
  promoted: boolean;
  /** What it was compared with, and how much more than that it is worth a question. */
  rival: 'rule' | 'in service';
  gain: number;
  questions: number;
  file: DecisionFile;
  report: DecisionReport;
};

/**
 * Replays the gold questions of the corpora in every arm, learns a decision file from the fitting half
 * and reports it on the other. It is written for the service when it is worth more there than the one
 * before (or the rule). Errors: `request.invalid` without gold questions; `cancelled`; those of the
 * service.
 */
export async function learnDecision(
  config: Config,
  service: Service,
  options: ReplayRequest,
): Promise<LearnedDecision> {
  const place = decisionPaths(config);
  const { rows, served } = await replayGold(config, service, options);
  const [fitting, reporting] = splitRows(rows);
  const before = await readServedDecision(config, served);
  const learned = {
    at: new Date().toISOString(),
    corpora: [...new Set(rows.map(({ corpus }) => corpus))].toSorted(),
    questions: { ja: countOf(fitting, 'ja'), en: countOf(fitting, 'en') },
    chatModel: served.chatModel,
    adapters: served.adapters,
    promptVersion: PROMPT_VERSION,
  };
  const { file, report } = await learnApart(
    {
      fitting,
      reporting,
      header: { version: `learned-${learned.at.slice(0, 16)}`, learned },
      training: { utility: utilityOf(config), risks: RISKS, delta: DELTA },
      before,
      rule: defaultRuleFor(served.chatModelName),
      risk: config.risk,
    },
    options,
  );
  await writeFile(place.report, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(place.page, renderReportPage(report));
  const rival = before === null ? 'rule' : 'in service';
  const gain = report.policies.find(({ name }) => name === rival)?.behind.value ?? 0;
  const promoted = gain > 0;
  if (promoted) await replaceFile(place.file, `${JSON.stringify(file, null, 2)}\n`);
  return { promoted, rival, gain, questions: fitting.length, file, report };
}

function printLearned(config: Config, learned: LearnedDecision): void {
  const { promoted, rival, gain, questions } = learned;
  printDecision(learned.report);
  if (questions < ENOUGH_QUESTIONS) {
    print(`Only ${questions} questions to learn from: ${ENOUGH_QUESTIONS} are advised.`);
  }
  printBounds(learned.file);
  print(
    promoted
      ? `\nIn service at the next start: worth ${gain.toFixed(3)} more a question than the ${rival}.`
      : `\nNot promoted: worth ${(-gain).toFixed(3)} less a question than the ${rival}.`,
  );
  print(`Plots: ${decisionPaths(config).page}`);
}

function countOf(rows: readonly ReplayRow[], lang: 'ja' | 'en'): number {
  return rows.filter((row) => row.lang === lang).length;
}

function printBounds({ risks }: DecisionFile): void {
  print('\nThresholds on the fitting half, by predictions out of fold');
  print(
    renderTable(
      ['stated risk', 'language', 'answer from', 'answered', 'wrong', 'n'],
      risks.flatMap(({ risk, bound }) =>
        (['ja', 'en'] as const).map((lang) => {
          const { threshold, answered, wrong, n } = bound[lang];
          const from = threshold === null ? 'never: not shown to be kept' : threshold.toFixed(2);
          return [String(risk), lang, from, String(answered), String(wrong), String(n)];
        }),
      ),
    ),
  );
}
