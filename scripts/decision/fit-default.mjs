// Fits the two chances of the default decision file on half of the sample questions and reports
// them on the other half. Needs the models and an index, no chat model:
//   npm run build && node scripts/decision/fit-default.mjs [data folder]
// Prints the weights for src/decision/default-rule.ts.
import { join, resolve } from 'node:path';
import { loadConfig } from '../../dist/config.js';
import { FEATURE_NAMES } from '../../dist/decision/features.js';
import { isKakehashiError } from '../../dist/errors.js';
import { partOf, readGold } from '../../dist/eval/gold.js';
import { containsAnswer } from '../../dist/eval/score.js';
import { AnswerRequest } from '../../dist/schemas.js';
import { openService } from '../../dist/service.js';

const root = resolve(import.meta.dirname, '../..');
const everyone = { id: 'fit', access: ['group:everyone'], readsAll: false };
const config = loadConfig({
  directory: root,
  flags: process.argv[2] ? { data: process.argv[2] } : {},
});

/** Evidence of the decision, and whether the passages shown hold the answer. */
async function observe(answerer, corpus, gold) {
  let evidence = null;
  await answerer
    .answer(AnswerRequest.parse({ question: gold.question, corpora: [corpus] }), everyone, {
      onEvent: ({ event, data }) => {
        if (event === 'decision') evidence = data.evidence;
      },
    })
    .catch((error) => {
      // No chat model was started: the decision is all that is wanted.
      if (!isKakehashiError(error) || error.code !== 'engine.unavailable') throw error;
    });
  const { results } = await answerer.search(
    { query: gold.question, corpora: [corpus], language: 'auto', limit: config.passages },
    everyone,
  );
  const holds = results.some(
    ({ document_id, text }) =>
      gold.documents.includes(document_id) &&
      gold.answers.some((answer) => containsAnswer(text, answer)),
  );
  const wantsNone = gold.kind === 'general' || gold.kind === 'task';
  return {
    gold,
    x: FEATURE_NAMES.map((name) => evidence[name]),
    answerable: gold.kind === 'document' && holds ? 1 : 0,
    general: wantsNone ? 1 : 0,
  };
}

const dot = (w, x) => x.reduce((sum, value, i) => sum + value * w[i + 1], w[0]);
const chance = (w, x) => 1 / (1 + Math.exp(-dot(w, x)));

/** Logistic regression with an L2 penalty, by plain gradient descent: 14 weights, few rows. */
function fit(rows, label, penalty = 0.01) {
  const w = Array.from({ length: FEATURE_NAMES.length + 1 }, () => 0);
  for (let step = 0; step < 20_000; step++) {
    const gradient = w.map((value, i) => (i === 0 ? 0 : penalty * value));
    for (const row of rows) {
      const error = (chance(w, row.x) - row[label]) / rows.length;
      gradient[0] += error;
      row.x.forEach((value, i) => {
        gradient[i + 1] += error * value;
      });
    }
    for (let i = 0; i < w.length; i++) w[i] -= 0.5 * gradient[i];
  }
  return w;
}

/** Area under the ROC curve: 0.5 knows nothing, 1 separates. */
function auroc(rows, label, w) {
  const positive = rows.filter((row) => row[label] === 1).map((row) => chance(w, row.x));
  const negative = rows.filter((row) => row[label] === 0).map((row) => chance(w, row.x));
  let wins = 0;
  for (const p of positive) for (const n of negative) wins += p > n ? 1 : p === n ? 0.5 : 0;
  return wins / (positive.length * negative.length);
}

const brier = (rows, label, w) =>
  rows.reduce((sum, row) => sum + (chance(w, row.x) - row[label]) ** 2, 0) / rows.length;

const rows = [];
const service = await openService(config, { withEngine: false });
for (const corpus of ['handbook', 'product']) {
  for (const gold of await readGold(join(config.corpora, corpus, 'gold.jsonl'))) {
    rows.push(await observe(service.answerer, corpus, gold));
  }
}
const fitting = rows.filter(({ gold }) => partOf(gold) === 'fit');
const held = rows.filter(({ gold }) => partOf(gold) === 'report');
for (const label of ['general', 'answerable']) {
  // Whether an answer is there is only asked of questions that want a document.
  const of = (part) => (label === 'general' ? part : part.filter(({ general }) => general === 0));
  const w = fit(of(fitting), label);
  const weights = Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, +w[i + 1].toFixed(2)]));
  console.log(JSON.stringify({ [label]: { bias: +w[0].toFixed(2), weights } }, null, 2));
  for (const [name, part] of Object.entries({ fitted: fitting, 'held out': held })) {
    const asked = of(part);
    const share = asked.filter((row) => row[label] === 1).length / asked.length;
    console.log(
      `${label}, ${name}: n=${asked.length}, share ${share.toFixed(2)}, AUROC ${auroc(asked, label, w).toFixed(3)}, Brier ${brier(asked, label, w).toFixed(3)} (constant ${(share * (1 - share)).toFixed(3)})`,
    );
  }
}
await service[Symbol.asyncDispose]();
