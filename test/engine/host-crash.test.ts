import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createLlamaEngine, type LlamaEngineOptions } from '../../src/engine/host.js';
import { DEFAULT_RESTART_POLICY } from '../../src/engine/restart-policy.js';
import { writeGguf, writeTinyModels } from './tiny-gguf.js';

const folder = mkdtempSync(join(tmpdir(), 'kakehashi-crash-'));
const models = writeTinyModels(folder);
const dist = join(import.meta.dirname, '../../dist/engine');
const patient = { ...DEFAULT_RESTART_POLICY, crashLimit: 100, firstDelayMs: 10 };
const messages = [{ role: 'user' as const, content: 'tell me everything' }];
const long = { messages, adapter: null, maxTokens: 900, temperature: 1.5 };
const short = { messages, adapter: null, maxTokens: 2 };

const open: { close(): Promise<void> }[] = [];
const start = (options: Partial<LlamaEngineOptions> = {}) => {
  const engine = createLlamaEngine({
    modelPath: models.chat.path,
    modelSha256: models.chat.sha256,
    adapters: [],
    contextTokens: 1024,
    sequences: 2,
    threads: 1,
    gpu: false,
    queueLimit: 8,
    workerFile: join(dist, 'worker.js'),
    restart: patient,
    ...options,
  });
  open.push(engine);
  return engine;
};
afterEach(() => Promise.all(open.splice(0).map((engine) => engine.close())));
afterAll(() => rmSync(folder, { recursive: true }));

const kill = (pid: number | null, signal: NodeJS.Signals = 'SIGKILL') => {
  if (pid !== null) process.kill(pid, signal);
};
const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

// Many starts of a process: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

describe('a lost child', () => {
  it('fails its answers at once and serves the next ones', async () => {
    const engine = start();
    await engine.ready();
    for (let round = 0; round < 3; round += 1) {
      let killedAt = 0;
      const answers = [long, long].map((request) =>
        engine.generate(request, {
          onText: () => {
            if (killedAt === 0) kill(engine.pid());
            killedAt ||= performance.now();
          },
        }),
      );
      for (const answer of answers) {
        await expect(answer).rejects.toMatchObject({ code: 'engine.crashed' });
      }
      expect(performance.now() - killedAt).toBeLessThan(1000);
      expect(engine.state()).toBe('restarting');
      // Asked while it restarts: it waits.
      await expect(engine.generate(short)).resolves.toMatchObject({ completionTokens: 2 });
    }
  });

  it('is killed and replaced when it hangs', async () => {
    const engine = start({ stallLimitMs: 500 });
    await engine.ready();
    let stoppedAt = 0;
    const answer = engine.generate(long, {
      onText: () => {
        if (stoppedAt === 0) kill(engine.pid(), 'SIGSTOP');
        stoppedAt ||= performance.now();
      },
    });
    await expect(answer).rejects.toMatchObject({
      code: 'engine.crashed',
      detail: { reason: 'no progress' },
    });
    expect(performance.now() - stoppedAt).toBeLessThan(2500);
    await engine.generate(short);
  });

  it('opens a breaker when it keeps dying, and is tried again after a pause', async () => {
    const engine = start({
      restart: { ...DEFAULT_RESTART_POLICY, firstDelayMs: 10, breakerPauseMs: 1500 },
    });
    for (let crash = 0; crash < 3; crash += 1) {
      await engine.ready();
      const answer = engine.generate(long, { onText: () => kill(engine.pid()) });
      await expect(answer).rejects.toMatchObject({ code: 'engine.crashed' });
    }
    const refused = performance.now();
    await expect(engine.generate(short)).rejects.toMatchObject({
      code: 'engine.unavailable',
      detail: { reason: 'SIGKILL', retryMs: 1500 },
    });
    expect(performance.now() - refused).toBeLessThan(50);
    await expect.poll(() => engine.state(), { timeout: 15_000 }).toBe('ready');
    await engine.generate(short);
  });

  it('stays open however often it dies, as long as answers come between', async () => {
    const engine = start({ restart: { ...DEFAULT_RESTART_POLICY, firstDelayMs: 10 } });
    for (let crash = 0; crash < 5; crash += 1) {
      await engine.ready();
      const answer = engine.generate(long, { onText: () => kill(engine.pid()) });
      await expect(answer).rejects.toMatchObject({ code: 'engine.crashed' });
      await expect(engine.generate(short)).resolves.toMatchObject({ completionTokens: 2 });
    }
  });

  it('lets waiting requests go when they give up, and bounds them', async () => {
    const engine = start({ queueLimit: 1 });
    const waiting = engine.generate(short, { signal: AbortSignal.timeout(20) });
    await expect(engine.generate(short)).rejects.toMatchObject({ code: 'engine.busy' });
    await expect(waiting).rejects.toMatchObject({ code: 'deadline.exceeded' });
    await engine.ready();
    await engine.generate(short);
  });

  it('quarantines an adapter that kills it every time', async () => {
    // The native library aborts on an alpha that is no number.
    const killer = writeGguf(
      join(folder, 'killer.gguf'),
      {
        'general.type': { string: 'adapter' },
        'general.architecture': { string: 'qwen2' },
        'adapter.type': { string: 'lora' },
        'adapter.lora.alpha': { string: 'much' },
      },
      [],
    );
    const logged: string[] = [];
    const engine = start({
      restart: { ...DEFAULT_RESTART_POLICY, firstDelayMs: 10 },
      adapters: [
        { name: 'tone', ...models.adapter },
        { name: 'killer', ...killer },
      ],
      log: (_level, message) => logged.push(message),
    });
    const info = await engine.ready();
    expect(info.adapters).toEqual(['tone']);
    expect(logged).toContain('adapter quarantined');
    await engine.generate({ ...short, adapter: 'tone' });
    await expect(engine.generate({ ...short, adapter: 'killer' })).rejects.toMatchObject({
      code: 'engine.unavailable',
      detail: { adapter: 'killer' },
    });
  });

  it('ends when its parent is killed', async () => {
    const script = `
      const { createLlamaEngine } = await import(${JSON.stringify(join(dist, 'host.js'))});
      const engine = createLlamaEngine(${JSON.stringify({
        modelPath: models.chat.path,
        modelSha256: models.chat.sha256,
        adapters: [],
        contextTokens: 1024,
        sequences: 1,
        threads: 1,
        gpu: false,
        queueLimit: 1,
      })});
      await engine.ready();
      console.log(engine.pid());`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())));
    });
    expect(runs(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => runs(pid), { timeout: 3000 }).toBe(false);
  });
});

describe('closing', () => {
  it('ends the child and every answer', async () => {
    const engine = start();
    await engine.ready();
    const pid = engine.pid() ?? 0;
    const answer = engine.generate(long);
    const [failure] = await Promise.all([
      answer.catch((error: unknown) => error),
      sleep(50).then(() => engine.close()),
    ]);
    expect(failure).toMatchObject({ code: 'engine.unavailable' });
    expect(runs(pid)).toBe(false);
    expect(engine.pid()).toBeNull();
  });

  it('does not wait for a child that hangs', async () => {
    const engine = start({ closeLimitMs: 200 });
    await engine.ready();
    kill(engine.pid(), 'SIGSTOP');
    const begun = performance.now();
    await engine.close();
    expect(performance.now() - begun).toBeLessThan(1200);
  });
});

describe('a file that cannot be served', () => {
  it.each([
    ['differs from its checksum', { modelSha256: '0'.repeat(64) }, 'model.checksum_mismatch'],
    ['is missing', { modelPath: join(folder, 'none.gguf') }, 'model.not_found'],
  ])('is refused for good when it %s', async (_name, options, code) => {
    const engine = start(options);
    await expect(engine.ready()).rejects.toMatchObject({ code });
    expect(engine.state()).toBe('failed');
    await expect(engine.generate(short)).rejects.toMatchObject({
      code: 'engine.unavailable',
      detail: { reason: code },
    });
  });

  it('is refused for good when it is no model', async () => {
    const path = join(folder, 'noise.gguf');
    writeFileSync(path, 'not a model');
    const modelSha256 = createHash('sha256').update('not a model').digest('hex');
    const engine = start({ modelPath: path, modelSha256 });
    await expect(engine.ready()).rejects.toMatchObject({ code: 'model.invalid' });
  });

  it('keeps one broken adapter from stopping the rest', async () => {
    const engine = start({
      adapters: [
        { name: 'swapped', path: models.adapter.path, sha256: '0'.repeat(64) },
        { name: 'foreign', ...models.embedder },
        { name: 'tone', ...models.adapter },
      ],
    });
    expect((await engine.ready()).adapters).toEqual(['tone']);
    for (const adapter of ['swapped', 'foreign']) {
      await expect(engine.generate({ ...short, adapter })).rejects.toMatchObject({
        code: 'adapter.invalid',
        detail: { adapter },
      });
    }
    await engine.generate({ ...short, adapter: 'tone' });
  });
});

it('gives a caller its own fault back and goes on', async () => {
  const engine = start();
  const fault = new Error('mine');
  const answer = engine.generate({
    ...long,
    afterPrefill: () => {
      throw fault;
    },
  });
  await expect(answer).rejects.toBe(fault);
  await engine.generate(short);
});

it('refuses more answers than its queue holds', async () => {
  const engine = start({ sequences: 1, queueLimit: 2 });
  await engine.ready();
  const abort = new AbortController();
  const codes: string[] = [];
  const answers = Array.from({ length: 5 }, async () => {
    const failure: unknown = await engine.generate(long, { signal: abort.signal }).catch((e) => e);
    codes.push((failure as { code: string }).code);
  });
  // One is served and two wait.
  await expect.poll(() => codes).toEqual(['engine.busy', 'engine.busy']);
  abort.abort();
  await Promise.all(answers);
  expect(codes.slice(2)).toEqual(['cancelled', 'cancelled', 'cancelled']);
});
