import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../src/config.js';
import { KakehashiError } from '../src/errors.js';
import { start } from '../src/main.js';

const info = { model: { name: 'tiny' }, gpu: false, threads: 1 };
const engine = vi.hoisted(() => ({ ready: vi.fn<() => Promise<unknown>>() }));
const { conversations, decisions } = vi.hoisted(() => ({
  conversations: { removeUnchangedSince: vi.fn<(time: Date) => number>() },
  decisions: { removeTextsBefore: vi.fn<(time: Date) => number>() },
}));
const dispose = vi.hoisted(() => vi.fn<() => Promise<void>>(() => Promise.resolve()));
vi.mock('../src/models/pull.js', () => ({ pullModel: () => Promise.resolve('') }));
vi.mock('../src/service.js', () => ({
  openService: () =>
    Promise.resolve({
      engine,
      models: { chat: { entry: { sha256: '0' } } },
      knowledge: { records: { conversations, decisions } },
      [Symbol.asyncDispose]: dispose,
    }),
}));

afterEach(() => {
  vi.clearAllMocks();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Health of the service at `address`; null when nobody listens. */
async function statusAt(address: string): Promise<number | null> {
  return await fetch(`http://${address}/healthz`).then(
    ({ status }) => status,
    () => null,
  );
}

function configOf(flags: { host?: string; port: number }) {
  return loadConfig({
    directory: tmpdir(),
    environment: {},
    flags: { log_level: 'silent', ...flags },
  });
}

describe('start', () => {
  it('closes its port and gives the reason when the chat model cannot be loaded', async () => {
    const port = await freePort();
    const seen: (number | null)[] = [];
    engine.ready.mockImplementation(async () => {
      seen.push(await statusAt(`127.0.0.1:${port}`));
      throw new KakehashiError('engine.unavailable', 'The model cannot be loaded.');
    });
    const { signal } = new AbortController();
    await expect(start(configOf({ port }), { index: false, signal })).rejects.toMatchObject({
      code: 'engine.unavailable',
    });
    expect([...seen, await statusAt(`127.0.0.1:${port}`)]).toEqual([200, null]);
    expect(dispose).toHaveBeenCalledOnce();
  });

  // Other systems have no second loopback address unless one is set up.
  it.runIf(process.platform === 'linux')(
    'answers under whichever loopback address it serves on',
    async () => {
      const port = await freePort();
      const seen: (number | null)[] = [];
      const stopping = new AbortController();
      engine.ready.mockImplementation(async () => {
        seen.push(await statusAt(`127.0.0.2:${port}`));
        stopping.abort();
        return info;
      });
      const { signal } = stopping;
      await start(configOf({ host: '127.0.0.2', port }), { index: false, signal });
      expect(seen).toEqual([200]);
    },
  );

  it('begins with removing what was said long ago', async () => {
    engine.ready.mockResolvedValue(info);
    const config = configOf({ port: await freePort() });
    await start(config, { index: false, signal: AbortSignal.abort() });
    expect(conversations.removeUnchangedSince).toHaveBeenCalledOnce();
    expect(decisions.removeTextsBefore).toHaveBeenCalledOnce();
  });

  it('closes its port when it is told to stop', async () => {
    const port = await freePort();
    const stopping = new AbortController();
    engine.ready.mockImplementation(async () => {
      stopping.abort();
      return info;
    });
    const { signal } = stopping;
    expect(await start(configOf({ port }), { index: false, signal })).toBe(0);
    expect(await statusAt(`127.0.0.1:${port}`)).toBeNull();
  });
});
