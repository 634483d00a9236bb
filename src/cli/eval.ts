import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mainVersions } from '../adapters/roster.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { type GoldQuestion, partOf } from '../eval/gold.js';
import { replay } from '../eval/replay.js';
import { type EvalReport, formatShare, summarise } from '../eval/report.js';
import { measureRetrieval } from '../eval/retrieval.js';
import { openService, type Service } from '../service.js';
import { requireGold } from './corpus-gold.js';
import { createBar, EXIT, note, print, printJson, renderTable } from './terminal.js';

export type EvalOptions = {
  corpus: string;
  gold: string | undefined;
  arms: readonly string[];
  part: 'all' | 'fit' | 'report';
  limit: number | undefined;
  /** Questions asked at once. */
  jobs: number;
  groups: readonly string[];
  json: boolean;
  signal: AbortSignal;
};

/** Measures retrieval and every named way of answering on a gold file. */
export async function evaluate(config: Config, options: EvalOptions): Promise<number> {
  const gold = await requireGold(config, options.corpus, options.gold);
  const { part } = options;
  const questions = sample(
    part === 'all' ? gold : gold.filter((question) => partOf(question) === part),
    options.limit,
  );
  await using service = await openService(config, { signal: options.signal, onNote: note });
  const about = await service.answerer.about(principalOf(options));
  const corpus = about.corpora.find(({ name }) => name === options.corpus);
  if (corpus === undefined) {
    throw new KakehashiError('corpus.not_found', `There is no corpus "${options.corpus}".`);
  }
  const principal = principalOf(options);
  const answerer = await service.answererWith(service.policy());
  const retrieval = await measureRetrieval(answerer, questions, {
    corpus: options.corpus,
    principal,
    signal: options.signal,
  });
  const bar = createBar('eval', options.json);
  const replayed = await replay(answerer, questions, {
    corpus: options.corpus,
    arms: armsOf(options, service),
    principal,
    jobs: options.jobs,
    cacheFile: join(config.data, 'eval', `${options.corpus}.jsonl`),
    fingerprint: answerFingerprint(config, service, corpus.version, service.policy().version),
    signal: options.signal,
    onProgress: ({ done, total, cached }) => bar.update(done, total, `${cached} from cache`),
  });
  bar.stop();
  const report = summarise(options.corpus, replayed, retrieval);
  if (options.json) printJson(report);
  else printReport(report);
  return EXIT.done;
}

function principalOf(options: EvalOptions) {
  return { id: 'eval', access: options.groups.map((group) => `group:${group}`), readsAll: false };
}

function armsOf({ arms }: EvalOptions, service: Service): string[] {
  if (!arms.includes('all')) return [...arms];
  const names = mainVersions(service.roster.served()).map(({ passport }) => passport.name);
  return [
    'auto',
    'direct',
    'retrieve',
    ...names.flatMap((name) => [`adapter:${name}`, `both:${name}`]),
  ];
}

/** Every n-th question, so that languages and kinds keep their shares. */
export function sample(
  questions: readonly GoldQuestion[],
  limit: number | undefined,
): GoldQuestion[] {
  if (limit === undefined || limit >= questions.length) return [...questions];
  const step = questions.length / limit;
  return Array.from({ length: limit }, (_, i) => questions[Math.floor(i * step)]).filter(
    (question) => question !== undefined,
  );
}

/** For an arm, changes with whatever changes its answers: models, its adapters, index, policy, settings. */
export function answerFingerprint(
  config: Config,
  service: Service,
  version: number | null,
  policy: string,
): (arm: string) => string {
  const served = mainVersions(service.roster.served()).map(({ passport: { name, adapter } }) => ({
    name,
    sha256: adapter.sha256,
  }));
  return (arm) => {
    const [, adapter] = arm.split(':');
    // An adapter more changes nothing in the arms of the others, which took hours to replay.
    const used = arm === 'auto' ? served : served.filter(({ name }) => name === adapter);
    const parts = [
      service.models.chat.sha256,
      service.models.embedding.sha256,
      version,
      used.map(({ sha256 }) => sha256),
      policy,
      [config.passages, config.risk, config.context_tokens],
    ];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  };
}

function printReport(report: EvalReport): void {
  print(`${report.corpus}: ${report.questions} questions. Shares with 95 % intervals (Wilson).\n`);
  print('Retrieval: a gold document among the first passages');
  print(
    renderTable(
      ['language', 'hit@1', 'hit@5', 'MRR'],
      report.retrieval.map((row) => [
        row.lang,
        formatShare(row.hitAt1),
        formatShare(row.hitAt5),
        row.meanReciprocalRank.toFixed(2),
      ]),
    ),
  );
  print('\nAnswers: good = right, or rightly withheld');
  print(
    renderTable(
      [
        'arm',
        'language',
        'kind',
        'good',
        'wrong',
        'needlessly withheld',
        'F1',
        'cited, of right',
        's',
      ],
      report.arms.map((row) => [
        row.arm,
        row.lang,
        row.kind,
        formatShare(row.good),
        formatShare(row.wrong),
        formatShare(row.needlessRefusals),
        row.meanF1.toFixed(2),
        formatShare(row.citedWhenRight),
        (row.meanTotalMs / 1000).toFixed(1),
      ]),
    ),
  );
}
