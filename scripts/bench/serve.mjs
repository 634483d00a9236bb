import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** @typedef {{question: string, corpus: string}} Asked */
/** @typedef {{firstWordMs: number | null, promptTokens: number, cachedTokens: number, totalMs: number}} Timed */
/** @typedef {{address: string, pid: number, stop: () => Promise<void>}} Server */

const root = resolve(import.meta.dirname, '../..');

/**
 * The service as a user starts it, on a free port; its conversations are kept in `data`.
 * @param {{data: string, flags?: string[], settings?: Record<string, string>}} options
 * @returns {Promise<Server>}
 */
export async function startServer({ data, flags = [], settings = {} }) {
  const child = spawn(
    process.execPath,
    [join(root, 'dist/cli.js'), '--data', data, 'start', '--port', '0', ...flags],
    {
      cwd: root,
      env: { ...process.env, KAKEHASHI_LOG_LEVEL: 'silent', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((done) => child.once('exit', done));
  /** @type {Promise<string>} */
  const opened = new Promise((found, failed) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const at = /Open (http:\S+)/u.exec(output)?.[1];
      if (at !== undefined) found(at);
    });
    child.once('exit', (code) => failed(new Error(`the service ended with ${code}: ${output}`)));
  });
  return {
    address: await opened,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * An even sample of the document questions of both sample corpora.
 * @param {number} count
 */
export function sampleQuestions(count) {
  /** @type {Asked[]} */
  const all = [];
  for (const corpus of ['handbook', 'product']) {
    const lines = readFileSync(join(root, 'corpora', corpus, 'gold.jsonl'), 'utf8').split('\n');
    for (const line of lines) {
      if (line === '') continue;
      const { kind, question } = JSON.parse(line);
      if (kind === 'document') all.push({ corpus, question });
    }
  }
  const step = Math.max(1, all.length / count);
  return all.filter((_, at) => Math.floor(at / step) > Math.floor((at - 1) / step));
}

/**
 * @param {Pick<Server, 'address'>} server
 * @param {Asked & {mode: string}} asked
 * @returns {Promise<Timed>}
 */
export async function ask({ address }, { question, corpus, mode }) {
  const startedAt = performance.now();
  const response = await fetch(`${address}/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      question,
      corpora: [corpus],
      mode,
      stream: true,
      deadline_ms: 300_000,
    }),
  });
  let text = '';
  let firstWordMs = null;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (firstWordMs === null && text.includes('event: delta')) {
      firstWordMs = performance.now() - startedAt;
    }
  }
  const done = /event: done\ndata: (.*)/u.exec(text)?.[1];
  if (done === undefined) throw new Error(`a stream ended without an answer: ${text.slice(-300)}`);
  const { usage, timings_ms } = JSON.parse(done);
  return {
    firstWordMs,
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.cached_tokens,
    totalMs: timings_ms.total,
  };
}
