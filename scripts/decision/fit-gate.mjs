// Chooses the last gate's threshold per language on the fitting half of the sample questions: reads
// each prompt with the adapter, generates nothing, and compares the chance of the withholding word
// where the passages hold the answer with where no document does.
//   npm run build && node scripts/decision/fit-gate.mjs ADAPTER [questions per language] [data folder]
import { join, resolve } from 'node:path';
import { loadConfig } from '../../dist/config.js';
import { partOf, readGold } from '../../dist/eval/gold.js';
import { containsAnswer } from '../../dist/eval/score.js';
import { AnswerRequest } from '../../dist/schemas.js';
import { openService } from '../../dist/service.js';

const [adapter = 'grounded', perLanguage = '40', data] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '../..');
const everyone = { id: 'fit', access: ['group:everyone'], readsAll: false };
const config = loadConfig({ directory: root, flags: data ? { data } : {} });
const service = await openService(config);

let readOut = null;
const generate = service.engine.generate.bind(service.engine);
service.engine.generate = (request, options) =>
  generate(
    {
      ...request,
      afterPrefill: (report) => {
        readOut = report.optionProbabilities[0];
        return 'stop';
      },
    },
    options,
  );

/** Read-outs of answerable and of unanswerable questions. */
async function collect(language) {
  const found = { answerable: [], unanswerable: [] };
  for (const corpus of ['handbook', 'product']) {
    const gold = await readGold(join(config.corpora, corpus, 'gold.jsonl'));
    const asked = gold.filter(
      (one) =>
        partOf(one) === 'fit' &&
        one.lang === language &&
        ['document', 'unanswerable'].includes(one.kind),
    );
    const step = Math.max(1, asked.length / (Number(perLanguage) / 2));
    for (let at = 0; at < asked.length; at += step) {
      const one = asked[Math.floor(at)];
      const request = AnswerRequest.parse({
        question: one.question,
        corpora: [corpus],
        mode: 'both',
        adapter,
        deadline_ms: 300_000,
      });
      readOut = null;
      let passages = [];
      await service.answerer.answer(request, everyone, {
        onEvent: (event) => {
          if (event.event === 'passages') passages = event.data.passages;
        },
      });
      const holds = passages.some(
        ({ document_id, text }) =>
          one.documents.includes(document_id) &&
          one.answers.some((answer) => containsAnswer(text, answer)),
      );
      if (readOut === null || (one.kind === 'document' && !holds)) continue;
      found[one.kind === 'document' ? 'answerable' : 'unanswerable'].push(readOut);
      process.stderr.write(`${one.id} ${one.kind} ${readOut.toFixed(3)}\n`);
    }
  }
  return found;
}

for (const language of ['ja', 'en']) {
  const { answerable, unanswerable } = await collect(language);
  const share = (values, threshold) =>
    values.filter((value) => value >= threshold).length / Math.max(1, values.length);
  let wins = 0;
  for (const u of unanswerable) for (const a of answerable) wins += u > a ? 1 : u === a ? 0.5 : 0;
  const candidates = [...new Set([...answerable, ...unanswerable])].sort((a, b) => a - b);
  // Youden's index: withheld rightly minus withheld needlessly.
  const best = candidates.reduce(
    (top, threshold) => {
      const index = share(unanswerable, threshold) - share(answerable, threshold);
      return index > top.index ? { threshold, index } : top;
    },
    { threshold: 1, index: 0 },
  );
  console.log(
    JSON.stringify({
      language,
      answerable: answerable.length,
      unanswerable: unanswerable.length,
      auroc: +(wins / (answerable.length * unanswerable.length)).toFixed(3),
      threshold: +best.threshold.toFixed(3),
      withheldRightly: +share(unanswerable, best.threshold).toFixed(2),
      withheldNeedlessly: +share(answerable, best.threshold).toFixed(2),
    }),
  );
}
await service[Symbol.asyncDispose]();
