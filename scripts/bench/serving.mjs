/**
 * How fast the service says its first word, what it reads again, and how much memory it holds, on the
 * questions of the sample corpora. Run after `npm run build`, with models pulled and corpora indexed:
 *
 *   node scripts/bench/serving.mjs [--questions 20] [--passages 5] [--mode both] [--data DIR] [--out FILE]
 *
 * Starts a server of its own on a free port. The first word of each answer is timed from the request
 * to the first `delta` event; beside it stands what the bare library needs to read as many tokens,
 * measured in the same run on the same threads. Memory is the sum over all processes of the service,
 * shared pages counted once (Linux, PSS). Only answers with documents count, so nothing is withheld
 * before it is read: the mode is forced.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { median, quantile } from './quantiles.mjs';
import { ask, sampleQuestions, startServer } from './serve.mjs';

const { values: options } = parseArgs({
  options: {
    questions: { type: 'string', default: '20' },
    passages: { type: 'string', default: '5' },
    mode: { type: 'string', default: 'both' },
    data: { type: 'string', default: 'data' },
    out: { type: 'string' },
  },
});
const root = resolve(import.meta.dirname, '../..');
const wanted = Number(options.questions);

/** @typedef {import('./serve.mjs').Timed} Timed */

const server = await startServer({
  data: options.data,
  flags: ['--no-index'],
  settings: { KAKEHASHI_PASSAGES: options.passages },
});
const { mode } = options;
/** @type {Timed[]} */
const fresh = [];
/** @type {Timed[]} */
const repeated = [];
const memoryBytes = [];
try {
  const asked = sampleQuestions(wanted);
  const [first] = asked;
  if (first !== undefined) await ask(server, { ...first, mode });
  for (const [at, one] of asked.entries()) {
    fresh.push(await ask(server, { ...one, mode }));
    if (at % 5 === 0) {
      repeated.push(await ask(server, { ...one, mode }));
      memoryBytes.push(treeBytes(server.pid));
    }
    process.stderr.write(`\r${at + 1}/${asked.length}  `);
  }
  process.stderr.write('\n');
} finally {
  await server.stop();
}

const evaluated = median(fresh.map((one) => one.promptTokens - one.cachedTokens));
const bareMs = await bareReadMs(evaluated);
const firstWordMs = fresh.flatMap((one) => one.firstWordMs ?? []);
const report = {
  questions: fresh.length,
  shown: firstWordMs.length,
  passages: Number(options.passages),
  promptTokens: median(fresh.map((one) => one.promptTokens)),
  evaluatedTokens: evaluated,
  firstWordMs: { p50: median(firstWordMs), p95: quantile(firstWordMs, 0.95) },
  bareReadMs: bareMs,
  ratioToBare: median(firstWordMs) / bareMs,
  repeated: {
    firstWordMs: median(repeated.flatMap((one) => one.firstWordMs ?? [])),
    evaluatedTokens: median(repeated.map((one) => one.promptTokens - one.cachedTokens)),
  },
  totalMs: { p50: median(fresh.map((one) => one.totalMs)) },
  memoryGb: memoryBytes.map((bytes) => Number((bytes / 1e9).toFixed(2))),
  load: loadavg()[0],
};
console.log(JSON.stringify(report, null, 2));
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);

/** What the library alone takes to read `count` tokens; median of three. @param {number} count */
async function bareReadMs(count) {
  const folder = join(resolve(root, options.data), 'models');
  const file = readdirSync(folder).find((name) => /^qwen2\.5-coder-0\.5b.*\.gguf$/u.test(name));
  if (file === undefined) return NaN;
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    // The library's own default is at least 4, whose barriers spin on fewer cores.
    maxThreads: availableParallelism(),
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath: join(folder, file) });
  const context = await model.createContext({ contextSize: 4096, batchSize: 128 });
  const sequence = context.getSequence();
  const words = 'Travel costs are paid back within ten days when receipts are attached. '.repeat(
    400,
  );
  const tokens = model.tokenize(words).slice(0, Math.max(1, Math.round(count)));
  const times = [];
  for (let round = 0; round < 3; round++) {
    await sequence.clearHistory();
    const startedAt = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    times.push(performance.now() - startedAt);
  }
  await llama.dispose();
  return median(times);
}

/** Bytes of a process and all below it. @param {number} pid @returns {number} */
function treeBytes(pid) {
  const rollup = `/proc/${pid}/smaps_rollup`;
  if (!existsSync(rollup)) return 0;
  const own = Number(/^Pss:\s+(\d+) kB/mu.exec(readFileSync(rollup, 'utf8'))?.[1] ?? 0) * 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children
    .filter((child) => child !== '')
    .reduce((sum, child) => sum + treeBytes(Number(child)), own);
}
