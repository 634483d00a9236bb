/**
 * What a nightly run costs those who ask meanwhile. Run after `npm run build`, with models pulled:
 *
 *   node scripts/bench/answers-at-night.mjs [--questions 24] [--documents 200] [--data data]
 *
 * A service of its own, with the models of DIR and an index in a temporary folder, answers questions over
 * the sample corpora; at the minute of its schedule it begins to index a generated corpus of DOCUMENTS
 * with ten sections each, and other questions are asked until as many have been answered. Timed are the
 * first word, from request to first `delta`, compared by the token read since questions differ in length;
 * and, every tenth of a second, a document read from the records, which the run writes to as well.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeDocuments } from './generated-corpus.mjs';
import { median, quantile } from './quantiles.mjs';
import { ask, sampleQuestions, startServer } from './serve.mjs';

const { values: options } = parseArgs({
  options: {
    questions: { type: 'string', default: '24' },
    documents: { type: 'string', default: '200' },
    data: { type: 'string', default: 'data' },
  },
});
/** Until the minute of the schedule: for starting the service, and for each question asked alone. */
const START_MS = 30_000;
const QUESTION_MS = 12_000;
const LOOK_EVERY_MS = 100;
const DOCUMENT = '/documents/handbook/glossary-en';
const root = resolve(import.meta.dirname, '../..');
const wanted = Number(options.questions);

const place = mkdtempSync(join(tmpdir(), 'at-night-'));
const [data, corpora] = [join(place, 'data'), join(place, 'corpora')];
try {
  for (const name of ['handbook', 'product']) {
    cpSync(join(root, 'corpora', name), join(corpora, name), { recursive: true });
  }
  mkdirSync(data);
  symlinkSync(resolve(options.data, 'models'), join(data, 'models'));
  await measure();
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function measure() {
  const settings = { KAKEHASHI_CORPORA: corpora, KAKEHASHI_NIGHTLY_JITTER_MINUTES: '0' };
  const cli = [join(root, 'dist/cli.js'), '--data', data, 'index'];
  execFileSync(process.execPath, cli, { env: { ...process.env, ...settings }, stdio: 'ignore' });
  const due = new Date(Date.now() + START_MS + wanted * QUESTION_MS + 60_000);
  due.setSeconds(0, 0);
  const nightly = `${due.getMinutes()} ${due.getHours()} * * *`;
  const server = await startServer({
    data,
    settings: { ...settings, KAKEHASHI_NIGHTLY: nightly },
  });
  try {
    const asked = sampleQuestions(2 * wanted + 1);
    await askAll(server, asked.slice(0, 1), () => true);
    const alone = await askAll(
      server,
      asked.slice(1, wanted + 1),
      () => Date.now() < due.getTime(),
    );
    writeDocuments(join(corpora, 'night'), Array(Number(options.documents)).keys(), {
      sections: 10,
      editionOf: () => 1,
    });
    while (!isIndexing(server.pid)) {
      if (Date.now() > due.getTime() + 30_000) throw new Error('no run began');
      await sleep(LOOK_EVERY_MS);
    }
    const meanwhile = await askAll(server, asked.slice(wanted + 1), () => isIndexing(server.pid));
    const isGoingOn = isIndexing(server.pid);
    console.log(
      JSON.stringify(
        {
          alone: figures(alone),
          meanwhile: figures(meanwhile),
          perTokenRatio: median(meanwhile.tokenMs) / median(alone.tokenMs),
          runWentOnToTheEnd: isGoingOn,
        },
        null,
        2,
      ),
    );
  } finally {
    await server.stop();
  }
}

/** @typedef {{firstWordMs: number[], tokenMs: number[], documentMs: number[]}} Times */

/**
 * Asks one after the other while `goesOn`, and reads a document all the while.
 * @param {import('./serve.mjs').Server} server
 * @param {import('./serve.mjs').Asked[]} questions
 * @param {() => boolean} goesOn
 * @returns {Promise<Times>}
 */
async function askAll(server, questions, goesOn) {
  /** @type {Times} */
  const times = { firstWordMs: [], tokenMs: [], documentMs: [] };
  let isAsking = true;
  const reading = (async () => {
    while (isAsking) {
      const startedAt = performance.now();
      const response = await fetch(`${server.address}${DOCUMENT}`);
      await response.text();
      if (!response.ok) throw new Error(`a document came with ${response.status}`);
      times.documentMs.push(performance.now() - startedAt);
      await sleep(LOOK_EVERY_MS);
    }
  })();
  for (const question of questions) {
    if (!goesOn()) break;
    const answer = await ask(server, { ...question, mode: 'both' });
    if (answer.firstWordMs === null) continue;
    times.firstWordMs.push(answer.firstWordMs);
    times.tokenMs.push(answer.firstWordMs / (answer.promptTokens - answer.cachedTokens));
  }
  isAsking = false;
  await reading;
  return times;
}

/** Whether a process of the service brings the index up to date (Linux). @param {number} pid */
function isIndexing(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.some((child) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('index-worker');
    } catch {
      return false;
    }
  });
}

/** @param {Times} times */
function figures({ firstWordMs, documentMs }) {
  const of = (/** @type {number[]} */ values) => ({
    n: values.length,
    p50: Math.round(median(values)),
    p95: Math.round(quantile(values, 0.95)),
    most: Math.round(Math.max(...values)),
  });
  return { firstWordMs: of(firstWordMs), documentMs: of(documentMs) };
}
