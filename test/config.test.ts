import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, requireSafeAddress } from '../src/config.js';

function folderWith(yaml: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'kakehashi-config-'));
  if (yaml !== null) writeFileSync(join(folder, 'kakehashi.yaml'), yaml);
  return folder;
}

describe('loadConfig', () => {
  it('takes flags over environment over file over defaults', () => {
    const directory = folderWith('port: 4000\nthreads: 1\nrisk: 0.2\n');
    const config = loadConfig({
      directory,
      environment: { KAKEHASHI_THREADS: '2', KAKEHASHI_RISK: '0.1' },
      flags: { risk: 0.05 },
    });
    expect(config).toMatchObject({ port: 4000, threads: 2, risk: 0.05, passages: 4 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes what outcomes are worth from the file or the environment, part by part', () => {
    const directory = folderWith('utility: { needless_refusal: 0.2 }\n');
    expect(loadConfig({ directory, environment: {} }).utility).toMatchObject({
      needless_refusal: 0.2,
      right_refusal: 1,
    });
    const environment = { KAKEHASHI_UTILITY: '{ right_refusal: 0.5 }' };
    expect(loadConfig({ directory, environment }).utility).toMatchObject({
      needless_refusal: 0.5,
      right_refusal: 0.5,
    });
  });

  it('names the variable and the range of a bad value', () => {
    const read = () =>
      loadConfig({ directory: folderWith(null), environment: { KAKEHASHI_PORT: 'many' } });
    expect(read).toThrow(/KAKEHASHI_PORT/u);
  });

  it('names the nearest setting for one it does not know', () => {
    expect(() => loadConfig({ directory: folderWith('prot: 1\n'), environment: {} })).toThrow(
      /"prot" \(nearest: port\)/u,
    );
  });

  it('takes relative folders of the file from where the file lies', () => {
    const elsewhere = folderWith('data: d\ncorpora: c\nadapters: a\ngates: ./g\ndecisions: ./e\n');
    const config = loadConfig({
      directory: folderWith(null),
      environment: { KAKEHASHI_CONFIG: join(elsewhere, 'kakehashi.yaml') },
    });
    expect(config).toMatchObject({
      data: join(elsewhere, 'd'),
      corpora: join(elsewhere, 'c'),
      adapters: join(elsewhere, 'a'),
      gates: join(elsewhere, 'g'),
      decisions: join(elsewhere, 'e'),
    });
  });

  it('says when the file is not YAML', () => {
    expect(() => loadConfig({ directory: folderWith('a: [b'), environment: {} })).toThrow(
      /not valid YAML/u,
    );
  });

  it('refuses to go on without the file that the environment names', () => {
    const environment = { KAKEHASHI_CONFIG: 'elsewhere.yaml' };
    expect(() => loadConfig({ directory: folderWith('port: 4000\n'), environment })).toThrow(
      expect.objectContaining({
        code: 'config.invalid',
        message: expect.stringContaining('elsewhere.yaml'),
      }),
    );
  });

  it('takes the default for a setting that is left empty in the file', () => {
    const directory = folderWith('port:\nqueue_limit: ""\nutility:\n');
    expect(loadConfig({ directory, environment: {} })).toMatchObject({
      port: 3210,
      queue_limit: 32,
      utility: { right_refusal: 1 },
    });
    expect(() => loadConfig({ directory: folderWith('prot:\n'), environment: {} })).toThrow(
      /"prot"/u,
    );
  });

  it('reads lists and switches from the environment', () => {
    const config = loadConfig({
      directory: folderWith(null),
      environment: { KAKEHASHI_ALLOW_LICENCES: 'MIT, Apache-2.0', KAKEHASHI_OFFLINE: 'true' },
    });
    expect(config).toMatchObject({ allow_licences: ['MIT', 'Apache-2.0'], offline: true });
  });
});

describe('requireSafeAddress', () => {
  it('serves on loopback without keys and nowhere else', () => {
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      expect(() => requireSafeAddress(host)).not.toThrow();
    }
    for (const host of ['0.0.0.0', '192.168.1.5', 'localhost.example']) {
      expect(() => requireSafeAddress(host)).toThrow(/no keys/u);
    }
  });

  it('says with its advice who will read what', () => {
    expect(() => requireSafeAddress('0.0.0.0')).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('reads every document') }),
    );
  });
});
