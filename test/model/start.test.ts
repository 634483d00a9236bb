import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Passport } from '../../src/adapters/passport.js';
import { AnswerResponse, SearchResponse } from '../../src/schemas.js';
import { openPlace, root, settingsIn, starter } from './place.js';

const folder = openPlace('start');
const kills = 20;

type Server = { process: ChildProcess; address: string };

const settings = {
  ...settingsIn(folder),
  KAKEHASHI_ADAPTERS: join(folder, 'adapters'),
};

/** Starts the service as a user does, on a few documents of the sample corpus. */
async function start(environment: Record<string, string> = {}): Promise<Server> {
  const child = spawn(process.execPath, ['dist/cli.js', 'start', '--port', '0'], {
    cwd: root,
    env: { ...settings, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /Open (http:\S+)/u.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output.slice(-2000)}`)));
  });
  return { process: child, address };
}

async function stop({ process: child }: Server): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return await ended;
}

async function post(path: string, body: object): Promise<Response> {
  return await fetch(`${server.address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ask(question: string, fields: object = {}): Promise<AnswerResponse> {
  const response = await post('/answer', { question, deadline_ms: 300_000, ...fields });
  expect(response.status).toBe(200);
  return AnswerResponse.parse(await response.json());
}

/** Runs a maintainer's command beside the service; gives its exit code. */
async function command(...args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], {
    cwd: root,
    env: settings,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return await new Promise((resolve) => child.once('exit', resolve));
}

/** Another version of the reading adapter: one weight differs by its last bit. */
function changeAdapter(version: string): void {
  const adapterFolder = join(folder, 'adapters/grounded');
  const file = readFileSync(join(adapterFolder, 'adapter.gguf'));
  const last = file.length - 2;
  file[last] = (file[last] ?? 0) ^ 1;
  writeFileSync(join(adapterFolder, 'adapter.gguf'), file);
  const passportFile = join(adapterFolder, 'passport.json');
  const passport = Passport.parse(JSON.parse(readFileSync(passportFile, 'utf8')));
  const sha256 = createHash('sha256').update(file).digest('hex');
  const adapter = { ...passport.adapter, sha256 };
  writeFileSync(passportFile, JSON.stringify({ ...passport, version, adapter }));
}

async function until(test: () => Promise<boolean>, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!(await test())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms`);
    await sleep(50);
  }
  return performance.now() - startedAt;
}

/** Process of the chat model: the child that has its file mapped. */
function chatProcess(): number {
  const pid = server.process.pid ?? 0;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const chat = children.find((child) =>
    readFileSync(`/proc/${child}/maps`, 'utf8').includes(starter.name),
  );
  if (chat === undefined) throw new Error('no child has the chat model mapped');
  return Number(chat);
}

let server: Server;

beforeAll(async () => {
  const source = join(root, 'corpora/handbook');
  cpSync(join(source, 'corpus.yaml'), join(folder, 'corpora/handbook/corpus.yaml'), {
    recursive: true,
  });
  cpSync(join(source, 'documents/travel'), join(folder, 'corpora/handbook/documents/travel'), {
    recursive: true,
  });
  cpSync(join(root, 'adapters/grounded'), join(folder, 'adapters/grounded'), { recursive: true });
  server = await start();
}, 900_000);

afterAll(async () => {
  await stop(server);
  rmSync(folder, { recursive: true, force: true });
});

describe('the service on the starter model', () => {
  it('finds the rule on hotel limits in both languages', async () => {
    for (const query of [
      '宿泊費の上限はいくらですか',
      'What is the hotel limit for a business trip?',
    ]) {
      const found = SearchResponse.parse(await (await post('/search', { query })).json());
      expect(found.results.length).toBeGreaterThan(0);
      expect(found.results[0]?.legs.dense).toBeGreaterThan(0.7);
    }
  });

  it('answers with evidence, and every verified quote stands in the document', async () => {
    const answer = await ask('国内出張の宿泊費の上限はいくらですか', {
      mode: 'both',
      adapter: 'grounded',
    });
    expect(answer.decision.considered.length).toBeGreaterThan(3);
    expect(answer.usage.prompt_tokens).toBeGreaterThan(100);
    for (const citation of answer.citations) {
      const url = `${server.address}/documents/${citation.corpus}/${encodeURIComponent(citation.document_id)}?revision=${citation.revision}`;
      const document = (await (await fetch(url)).json()) as { text: string };
      expect(document.text.slice(citation.start, citation.end)).toBe(citation.quote);
    }
  });

  it('reads a repeated system prompt from its cache', async () => {
    await ask('How much is the daily allowance?', { mode: 'retrieve' });
    const second = await ask('Who approves a trip abroad?', { mode: 'retrieve' });
    expect(second.usage.cached_tokens).toBeGreaterThan(30);
  });

  it('greets without documents and stays silent on what it cannot know', async () => {
    expect((await ask('こんにちは')).decision.arm).toMatch(/direct|adapter/u);
    const unknowable = await ask('Who won the football world cup final in 1998?');
    expect(['abstain', 'direct']).toContain(unknowable.decision.arm);
  });

  it.runIf(existsSync('/proc/self/task'))(
    `ends a stream in an error when its model is killed, and is back (${kills} times)`,
    async () => {
      let longestMs = 0;
      for (let i = 0; i < kills; i++) {
        const response = await post('/answer', {
          question: '国内出張の宿泊費の上限と日当をくわしく教えてください',
          mode: 'retrieve',
          stream: true,
          deadline_ms: 300_000,
        });
        const reader = (response.body ?? new ReadableStream()).getReader();
        let text = '';
        const decoder = new TextDecoder();
        while (!text.includes('event: passages')) {
          text += decoder.decode((await reader.read()).value, { stream: true });
        }
        process.kill(chatProcess(), 'SIGKILL');
        const killedAt = performance.now();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          text += decoder.decode(value, { stream: true });
        }
        longestMs = Math.max(longestMs, performance.now() - killedAt);
        expect(text).toContain('event: error');
        expect(text).toContain('engine.crashed');
        const found = await post('/search', { query: '日当' });
        expect(found.status).toBe(200);
        expect((await ask('日当はいくらですか', { mode: 'retrieve' })).id).toBeTruthy();
      }
      console.log(`${kills} kills, the slowest stream ended after ${Math.round(longestMs)} ms`);
      // A hang would take the stall limit of 15 s; one second is kept on a quiet machine.
      expect(longestMs).toBeLessThan(5_000);
    },
  );

  it('goes over to a promoted version and back without losing an answer, and withdraws at once', async () => {
    const versionOf = async () => {
      const { decision } = await ask('日当はいくらですか', { mode: 'both', adapter: 'grounded' });
      return decision.adapter?.version;
    };
    const before = await versionOf();
    changeAdapter('9.9.9');
    expect(await command('adapters', 'promote', 'grounded')).toBe(3);
    const promoting = command('adapters', 'promote', 'grounded', '--force', '--reason', 'a test');
    const seen: unknown[] = [];
    await until(async () => seen.push(await versionOf()) > 0 && seen.includes('9.9.9'), 120_000);
    expect(await promoting).toBe(0);
    expect(new Set(seen)).toEqual(new Set([before, '9.9.9']));
    const passport = readFileSync(join(folder, 'adapters/grounded/passport.json'), 'utf8');
    expect(passport).toContain('gates overruled: a test');

    expect(await command('adapters', 'rollback', 'grounded')).toBe(0);
    await until(async () => (await versionOf()) === before, 60_000);

    expect(await command('adapters', 'disable', 'grounded', '--reason', 'a test')).toBe(0);
    const status = async () =>
      (await post('/answer', { question: '日当は?', mode: 'both', adapter: 'grounded' })).status;
    const withdrawnMs = await until(async () => (await status()) === 404, 5000);
    expect((await ask('日当はいくらですか')).decision.considered.every((one) => !one.adapter)).toBe(
      true,
    );
    console.log(`withdrawn ${Math.round(withdrawnMs)} ms after the command ended`);
  });

  it('starts a second time without network', async () => {
    expect(await stop(server)).toBe(0);
    server = await start({ KAKEHASHI_OFFLINE: '1', KAKEHASHI_HUB_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await fetch(`${server.address}/readyz`)).status).toBe(200);
  });
});
