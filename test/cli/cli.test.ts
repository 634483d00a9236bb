import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

/** Runs the command line in an empty folder, without network and with an environment of its own. */
function kakehashi(args: readonly string[], environment: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'kakehashi-cli-'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', KAKEHASHI_OFFLINE: '1', ...environment },
    encoding: 'utf8',
    timeout: 25_000,
  });
  return { status, stdout, stderr };
}

describe('kakehashi', () => {
  it('lists its verbs, and shows examples for each', () => {
    const help = kakehashi(['--help']);
    expect(help.status).toBe(0);
    for (const verb of [
      'start',
      'ask',
      'search',
      'index',
      'eval',
      'models',
      'adapters',
      'doctor',
    ]) {
      expect(help.stdout).toContain(verb);
    }
    expect(kakehashi(['ask', '--help']).stdout).toContain('kakehashi ask "');
  });

  it('ends in silence when nobody reads on', async () => {
    const child = spawn(process.execPath, [cli, 'doctor'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let told = '';
    child.stderr.on('data', (chunk) => (told += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, told]).toEqual([0, '']);
  });

  it('exits with 2 for a wrong flag, a wrong value and a wrong setting', () => {
    expect(kakehashi(['ask', 'x', '--mode', 'guess']).status).toBe(2);
    expect(kakehashi(['search', 'x', '--limit', '0']).status).toBe(2);
    const setting = kakehashi(['doctor'], { KAKEHASHI_PORT: '99999' });
    expect(setting.status).toBe(2);
    expect(setting.stderr).toContain('KAKEHASHI_PORT');
  });

  it('names a word that is no command of adapters', () => {
    const mistyped = kakehashi(['adapters', 'promot', 'grounded']);
    expect(mistyped.status).toBe(2);
    expect(mistyped.stderr).toContain("unknown command 'promot'");
  });

  it('exits with 1 and the remedy when the models are not there', () => {
    const asked = kakehashi(['ask', 'x', '--json']);
    expect(asked.status).toBe(1);
    expect(JSON.parse(asked.stdout)).toMatchObject({
      error: { code: 'model.not_pulled', remedy: expect.stringContaining('models pull') },
    });
  });

  it('names every model and its licence before any is pulled', () => {
    const { models } = JSON.parse(kakehashi(['models', 'list', '--json']).stdout) as {
      models: { name: string; state: string; licence: string; inUse: boolean }[];
    };
    expect(models.filter(({ inUse }) => inUse)).toHaveLength(2);
    for (const model of models) {
      expect(model.state).toBe('absent');
      expect(model.licence).toMatch(/Apache-2.0|MIT/u);
    }
  });

  it('refuses to serve an address that others can reach', () => {
    const started = kakehashi(['start', '--host', '0.0.0.0']);
    expect(started.status).toBe(1);
    expect(started.stderr).toContain('auth.required');
  });

  it('refuses a model whose licence is not allowed, before fetching it', () => {
    const pulled = kakehashi(['models', 'pull', '--json'], {
      KAKEHASHI_ALLOW_LICENCES: 'BSD-3-Clause',
    });
    expect(pulled.status).toBe(1);
    expect(pulled.stdout).toContain('model.licence_refused');
  });

  it('trains on some files only, and holds out the rows of all', () => {
    const trained = kakehashi(
      ['adapters', 'train', 'tiny', '--only', 'pairs-2', '--dry-run', '--json'],
      { KAKEHASHI_ADAPTERS: folderWithAdapter() },
    );
    expect(JSON.parse(trained.stdout)).toMatchObject({
      files: ['pairs-2.jsonl'],
      report: {
        counts: { 'train en task': 1, 'held en task': 1 },
        nearHeld: ['copy'],
      },
      lineage: [],
    });
  });

  it('shows no stack trace and no token', () => {
    const all = kakehashi(['doctor', '--json'], { KAKEHASHI_HUB_TOKEN: 'hf_secret' });
    expect(all.stdout + all.stderr).not.toContain('hf_secret');
    expect(all.stderr).not.toMatch(/\n\s+at /u);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends in order at %s, while a lock is held',
    async (signal) => {
      const { server, asked } = await silentServer();
      const { port } = server.address() as AddressInfo;
      const child = spawn(process.execPath, [cli, 'models', 'pull', 'hf:some/one/model.gguf'], {
        cwd: mkdtempSync(join(tmpdir(), 'kakehashi-cli-')),
        env: {
          PATH: process.env['PATH'] ?? '',
          KAKEHASHI_HUB_ENDPOINT: `http://127.0.0.1:${port}`,
          KAKEHASHI_CHAT_MODEL_LICENCE: 'Apache-2.0',
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const ended = once(child, 'close');
      await asked;
      child.kill(signal);
      expect(await ended).toEqual([1, null]);
      expect(stderr).toContain('cancelled');
      server.closeAllConnections();
      server.close();
    },
  );
});

/** An adapter whose second file holds nearly a held question of the first. */
function folderWithAdapter(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kakehashi-adapters-'));
  const data = join(folder, 'tiny', 'data');
  mkdirSync(data, { recursive: true });
  const pair = (id: string, group: string, question: string, more = {}) =>
    `${JSON.stringify({ id, lang: 'en', group, question, answer: 'Yes.', ...more })}\n`;
  // Measuring on a document teaches nothing of it: it is not in the lineage.
  const secret = { documents: [{ corpus: 'secret', id: 'keys.md' }] };
  const files = {
    '../adapter.yaml':
      'version: 1.0.0\ndescription: {ja: 例, en: example}\nlicence: MIT\naccess: []\nneeds_passages: false\n',
    'held.json': '{"ja":[],"en":["keys"]}',
    'pairs-1.jsonl':
      pair('held', 'keys', 'my key card does not open the gate', secret) +
      pair('other', 'lamps', 'the lamp blinks since this morning'),
    'pairs-2.jsonl':
      pair('copy', 'gates', 'My key card does not open the gate!') +
      pair('own', 'gates', 'the printer on floor two smells burnt'),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(data, name), text);
  return folder;
}

/** Takes a request and never answers. */
async function silentServer(): Promise<{ server: Server; asked: Promise<void> }> {
  let request: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    request = resolve;
  });
  const server = createServer(() => request());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, asked };
}
