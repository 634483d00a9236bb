import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { servesUnnamed } from '../adapters/passport.js';
import { mainChecksums, mainVersions } from '../adapters/roster.js';
import type { Config } from '../config.js';
import { defaultRuleFor } from '../decision/default-rule.js';
import { OPEN_GATE } from '../decision/policy.js';
import { rulePolicy } from '../decision/rule.js';
import { KakehashiError } from '../errors.js';
import type { ReplayRow } from '../eval/outcome.js';
import { replay } from '../eval/replay.js';
import { rowsOf } from '../eval/rows.js';
import { replaceFile } from '../models/model-files.js';
import { openService, type Service } from '../service.js';
import { goldOf } from './corpus-gold.js';
import { decisionPaths, type ServedModels } from './decision-report.js';
import { answerFingerprint, sample } from './eval.js';
import { createBar, EXIT, note, print, printJson } from './terminal.js';

export type ReplayRequest = {
  corpora: readonly string[];
  /** Arms to replay; `all`: every arm that is served. */
  arms: readonly string[];
  limit: number | undefined;
  /** Questions asked at once. */
  jobs: number;
  json: boolean;
  signal: AbortSignal;
};

/** Replays gold questions and learns nothing. */
export async function decisionReplay(config: Config, options: ReplayRequest): Promise<number> {
  await using service = await openService(config, { signal: options.signal, onNote: note });
  const { rows } = await replayGold(config, service, options);
  if (options.json) printJson({ questions: rows.length });
  else print(`${rows.length} questions. Next: kakehashi decision report`);
  return EXIT.done;
}

/**
 * Replays the gold questions of the corpora in every arm, with the gates open, and keeps the rows for
 * training and reports. What was asked before is not asked again. Errors: `request.invalid` without gold
 * questions; those of the service.
 */
export async function replayGold(
  config: Config,
  service: Service,
  options: ReplayRequest,
): Promise<{ rows: ReplayRow[]; served: ServedModels }> {
  const chatModelName = service.models.chat.entry.name;
  const rule = rulePolicy(defaultRuleFor(chatModelName));
  const answerer = await service.answererWith({ ...rule, gate: () => OPEN_GATE });
  const served: ServedModels = {
    chatModel: service.models.chat.sha256,
    chatModelName,
    adapters: mainChecksums(service.roster.served()),
  };
  const principal = { id: 'decision', access: ['group:everyone'], readsAll: true };
  const about = await answerer.about(principal);
  const rows: ReplayRow[] = [];
  for (const { name: corpus, version } of about.corpora) {
    if (options.corpora.length > 0 && !options.corpora.includes(corpus)) continue;
    const gold = sample(await goldOf(config, corpus), options.limit);
    if (gold.length === 0) continue;
    const bar = createBar(`replay ${corpus}`, options.json);
    const replayed = await replay(answerer, gold, {
      corpus,
      arms: armsOf(options.arms, service),
      principal,
      jobs: options.jobs,
      cacheFile: join(config.data, 'eval', `decision-${corpus}.jsonl`),
      fingerprint: answerFingerprint(config, service, version, 'open gates'),
      signal: options.signal,
      onProgress: ({ done, total, cached }) => bar.update(done, total, `${cached} from cache`),
    }).finally(() => bar.stop());
    rows.push(...rowsOf(corpus, replayed));
  }
  if (rows.length === 0) {
    throw new KakehashiError('request.invalid', 'No corpus has gold questions.', {
      remedy: 'Put gold.jsonl into the folder of a corpus.',
    });
  }
  const place = decisionPaths(config);
  await mkdir(place.folder, { recursive: true });
  await replaceFile(place.rows, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { rows, served };
}

function armsOf(wanted: readonly string[], service: Service): string[] {
  if (!wanted.includes('all')) return [...wanted];
  const arms = mainVersions(service.roster.served())
    .filter(({ passport }) => servesUnnamed(passport))
    .flatMap(({ passport: { name } }) => [`adapter:${name}`, `both:${name}`]);
  return ['direct', 'retrieve', ...arms];
}
