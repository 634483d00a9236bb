import type { Config } from '../config.js';
import { FEATURE_NAMES } from '../decision/features.js';
import { driftOf } from '../eval/drift.js';
import { recordsFile } from '../knowledge.js';
import { openRecords } from '../store/records.js';
import { readReplayRows } from './decision-report.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

const MOST_LIVE = 5000;
const ENOUGH_LIVE = 100;

/**
 * Compares the questions of the last days with those that were replayed. Exit code 3 when a feature is
 * of another population or a search leg went silent.
 */
export async function decisionDrift(
  config: Config,
  { days, json }: { days: number; json: boolean },
): Promise<number> {
  const since = new Date(Date.now() - days * 86_400_000).toISOString();
  const records = openRecords(recordsFile(config));
  const live = records.decisions
    .list({ limit: MOST_LIVE })
    .filter(({ at }) => at >= since)
    .map(({ details }) => featuresOf(details.decision.evidence));
  records.close();
  const rows = await readReplayRows(config);
  const drift = driftOf(
    rows.map(({ features }) => features),
    live,
  );
  const moved = drift.features.filter((feature) => feature.moved);
  if (json) printJson(drift);
  else {
    print(`${live.length} questions of the last ${days} days against ${rows.length} replayed.\n`);
    print(
      renderTable(
        ['feature', 'stability index', 'mean, replayed', 'mean, live'],
        drift.features.map(({ feature, psi, before, now }) => [
          feature,
          psi.toFixed(3),
          before.toFixed(2),
          now.toFixed(2),
        ]),
      ),
    );
    for (const { leg, now } of drift.deadLegs) {
      print(`ALARM: the ${leg} leg found nothing for ${Math.round(100 * now)} % of the questions.`);
    }
    if (live.length < ENOUGH_LIVE) print(`Fewer than ${ENOUGH_LIVE} questions prove little.`);
    else if (moved.length > 0) print('Other questions are asked: learn from some of them.');
  }
  const isSure = live.length >= ENOUGH_LIVE && moved.length > 0;
  return isSure || drift.deadLegs.length > 0 ? EXIT.gateRefused : EXIT.done;
}

function featuresOf(evidence: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    FEATURE_NAMES.flatMap((name) => {
      const value = evidence[name];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}
