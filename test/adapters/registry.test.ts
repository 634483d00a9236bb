import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Passport } from '../../src/adapters/passport.js';
import {
  loadAdapters,
  type RegistryOptions,
  shippedVersions,
} from '../../src/adapters/registry.js';
import type { AdapterEvent } from '../../src/store/record-adapters.js';
import {
  BASE_SHA256,
  type Crafted,
  craftAdapter,
  passportFor,
  writeAdapter,
  writeBase,
} from './crafted.js';

/** What a maintainer's `promote` records of the version in the folder. */
const promoted = (sha256: string): AdapterEvent[] => [
  {
    id: 1,
    at: '2026-01-01T00:00:00.000Z',
    name: 'tiny',
    action: 'promote',
    sha256,
    share: null,
    reason: null,
    principal: 'local',
  },
];
const untried = async () => null;

async function load(crafted: Crafted | Buffer, overrides: Partial<Passport> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-adapters-'));
  const file = Buffer.isBuffer(crafted) ? crafted : craftAdapter(crafted);
  const passport = { ...passportFor(file), ...overrides };
  await writeAdapter(join(folder, 'adapters'), file, passport);
  const servedDir = join(folder, 'served');
  const base = { path: join(folder, 'base.gguf'), sha256: BASE_SHA256 };
  await writeBase(base.path);
  const loaded = await loadAdapters({
    adaptersDir: join(folder, 'adapters'),
    servedDir,
    base,
    events: () => promoted(passport.adapter.sha256),
    wasErased: (corpus, id) => `${corpus}/${id}` === 'hr/erased.md',
    tryOut: untried,
  });
  return { ...loaded, file, servedDir };
}

/** One sound adapter in its folder, promoted, and what loads it. */
async function installed() {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-adapters-'));
  const file = craftAdapter();
  const passport = passportFor(file);
  const { sha256 } = passport.adapter;
  await writeAdapter(join(folder, 'adapters'), file, passport);
  const base = { path: join(folder, 'base.gguf'), sha256: BASE_SHA256 };
  await writeBase(base.path);
  const options: RegistryOptions = {
    adaptersDir: join(folder, 'adapters'),
    servedDir: join(folder, 'served'),
    base,
    events: () => promoted(sha256),
    wasErased: () => false,
    tryOut: untried,
  };
  return {
    options,
    passport,
    inFolder: join(options.adaptersDir, 'tiny', 'adapter.gguf'),
    stored: join(options.servedDir, `${sha256}.gguf`),
  };
}

describe('loadAdapters', () => {
  it('serves a sound adapter from a copy named by its sha256', async () => {
    const { served, refused, file } = await load({});
    expect(refused).toEqual([]);
    expect(served[0]?.path).toContain(served[0]?.passport.adapter.sha256);
    expect(await readFile(served[0]?.path ?? '')).toEqual(file);
  });

  it('has nothing to serve where there is no folder', async () => {
    const base = {
      path: join(tmpdir(), `kakehashi-base-${process.pid}.gguf`),
      sha256: BASE_SHA256,
    };
    await writeBase(base.path);
    const loaded = await loadAdapters({
      adaptersDir: join(tmpdir(), 'kakehashi-none'),
      servedDir: join(tmpdir(), 'kakehashi-none-served'),
      base,
      events: () => [],
      wasErased: () => false,
      tryOut: untried,
    });
    expect(loaded).toEqual({ served: [], refused: [] });
  });

  it('withdraws an adapter that learned from an erased document, and names the document', async () => {
    const document = { corpus: 'hr', revision: '0000000000000001', access: [] };
    const kept = await load({}, { lineage: [{ ...document, id: 'kept.md' }] });
    expect(kept.served).toHaveLength(1);
    const { served, refused } = await load({}, { lineage: [{ ...document, id: 'erased.md' }] });
    expect(served).toEqual([]);
    expect(refused[0]?.error.code).toBe('adapter.withdrawn');
    expect(refused[0]?.error.message).toContain('hr/erased.md');
  });

  it('refuses an adapter of another base and names both', async () => {
    const base = { name: 'other-model', sha256: ['c'.repeat(64)], licence: null };
    const { served, refused } = await load({}, { base });
    expect(served).toEqual([]);
    expect(refused[0]?.error.code).toBe('adapter.base_mismatch');
    expect(refused[0]?.error.message).toMatch(/other-model.*cccccccccccc.*bbbbbbbbbbbb/u);
  });

  const nan = Buffer.from([0x00, 0x7e]);
  const faults: Record<string, [Crafted, RegExp]> = {
    'a tensor of three dimensions': [
      { tensors: [{ name: 'blk.0.attn_q.weight.lora_a', dimensions: [8, 2, 2], type: 'F16' }] },
      /two dimensions/u,
    ],
    'a tensor of integer type': [
      { tensors: [{ name: 'blk.0.attn_q.weight.lora_a', dimensions: [8, 2], type: 'I32' }] },
      /type I32/u,
    ],
    'a scale that is text': [{ alpha: { type: 'string', value: '16' } }, /alpha/u],
    'a scale that is not finite': [{ alpha: { type: 'f32', value: Number.NaN } }, /alpha/u],
    'a matrix without its twin': [
      { tensors: [{ name: 'blk.0.attn_q.weight.lora_a', dimensions: [8, 2], type: 'F16' }] },
      /only one/u,
    ],
    'another rank than its passport': [
      {
        tensors: [
          { name: 'blk.0.attn_q.weight.lora_a', dimensions: [8, 4], type: 'F16' },
          { name: 'blk.0.attn_q.weight.lora_b', dimensions: [4, 8], type: 'F16' },
        ],
      },
      /rank/u,
    ],
    'another architecture': [{ architecture: 'llama' }, /"llama".*"qwen2"/u],
    'a layer that the base lacks': [
      {
        tensors: [
          { name: 'blk.9.attn_q.weight.lora_a', dimensions: [8, 2], type: 'F16' },
          { name: 'blk.9.attn_q.weight.lora_b', dimensions: [2, 8], type: 'F16' },
        ],
      },
      /no layer blk\.9\.attn_q/u,
    ],
    'another width than the base': [
      {
        tensors: [
          { name: 'blk.0.attn_q.weight.lora_a', dimensions: [16, 2], type: 'F16' },
          { name: 'blk.0.attn_q.weight.lora_b', dimensions: [2, 8], type: 'F16' },
        ],
      },
      /maps 16 to 8 values, the base 8 to 8/u,
    ],
    'a name with another ending': [
      { tensors: [{ name: 'blk.0.attn_q.weight.lora_c', dimensions: [8, 2], type: 'F16' }] },
      /lora_c/u,
    ],
    'a tensor that is no part of an adapter': [
      { tensors: [{ name: 'token_embd.weight', dimensions: [8, 2], type: 'F16' }] },
      /token_embd/u,
    ],
    'a weight that is no number': [{ firstBytes: nan }, /not finite/u],
    'a cut end': [{ cutBytes: 8 }, /./u],
    'a file of another kind': [{ kind: 'model' }, /general.type/u],
  };
  for (const [fault, [crafted, message]] of Object.entries(faults)) {
    it(`refuses ${fault}, and keeps no copy`, async () => {
      const { served, refused, servedDir } = await load(crafted);
      expect(served).toEqual([]);
      expect(refused[0]?.error.code).toBe('adapter.invalid');
      expect(refused[0]?.error.message).toMatch(message);
      expect(await readdir(servedDir)).toEqual([]);
    });
  }

  it('refuses bytes that are no GGUF file at all', async () => {
    const { refused } = await load(Buffer.from('not a model, by any reading of it'));
    expect(refused[0]?.error.code).toBe('adapter.invalid');
  });

  it('refuses a passport whose file is missing', async () => {
    const { options, inFolder } = await installed();
    await rm(inFolder);
    const { refused } = await loadAdapters(options);
    expect(refused[0]?.error.message).toContain('missing');
  });

  it('goes on with the stored copy when the file in the folder is gone, and mends a damaged one', async () => {
    const { options, inFolder, stored } = await installed();
    await loadAdapters(options);
    await writeFile(stored, 'damaged');
    expect((await loadAdapters(options)).served).toHaveLength(1);
    await rm(inFolder);
    expect(await loadAdapters(options)).toMatchObject({ served: [{ path: stored }], refused: [] });
  });

  it('keeps the stored passport as the folder says it', async () => {
    const { options, passport, stored } = await installed();
    await loadAdapters(options);
    const stricter = { ...passport, access: ['group:hr'] };
    await writeFile(join(options.adaptersDir, 'tiny', 'passport.json'), JSON.stringify(stricter));
    await loadAdapters(options);
    const file = stored.replace(/gguf$/u, 'passport.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(stricter);
  });

  it('refuses an adapter alone whose file the system does not let read, without naming its path', async () => {
    const { options, inFolder } = await installed();
    await rm(inFolder);
    await mkdir(inFolder);
    const { served, refused } = await loadAdapters(options);
    expect(served).toEqual([]);
    expect(refused).toMatchObject([{ name: 'tiny', error: { code: 'adapter.invalid' } }]);
    expect(refused[0]?.error.message).toMatch(/could not be read or stored \(E[A-Z]+\)/u);
    expect(refused[0]?.error.message).not.toContain(options.adaptersDir);
  });

  it('answers 200 damaged headers with a typed error, or serves what the damage spared', async () => {
    const whole = craftAdapter();
    const headerBytes = whole.length - 96;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(headerBytes - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const file = Buffer.from(whole);
          for (const [at, value] of changes) file[at] = value;
          const { served, refused } = await load(file);
          expect(served.length + refused.length).toBe(1);
          for (const { error } of refused) expect(error.code).toBe('adapter.invalid');
        },
      ),
      { numRuns: 200, seed: 11 },
    );
  });

  it('refuses a file that is not the one of its passport', async () => {
    const file = craftAdapter();
    const changed = Buffer.from(file);
    changed[changed.length - 1] = 1;
    const { refused } = await load(changed, { adapter: passportFor(file).adapter });
    expect(refused[0]?.error.message).toContain('sha256');
  });

  it('names the field of a wrong passport', async () => {
    const { refused } = await load({}, { licence: 7 as never });
    expect(refused[0]?.error.message).toContain('licence');
  });
});

describe('shippedVersions', () => {
  async function shippedWith(overrides: Partial<Passport>, events: AdapterEvent[] = []) {
    const adaptersDir = join(await mkdtemp(join(tmpdir(), 'kakehashi-adapters-')), 'adapters');
    const file = craftAdapter();
    await writeAdapter(adaptersDir, file, { ...passportFor(file), ...overrides });
    return await shippedVersions({ adaptersDir, events: () => events });
  }
  const { sha256 } = passportFor(craftAdapter()).adapter;
  const at = '2026-01-01T00:00:00.000Z';
  const gates = { at, candidateSha256: sha256, baseSha256: '', rows: [], passed: true };

  it('of this repository are those that its page of adapters says are in service', async () => {
    const adaptersDir = join(import.meta.dirname, '../../adapters');
    const page = await readFile(join(adaptersDir, 'README.md'), 'utf8');
    const inService = [...page.matchAll(/^\| \[(\w+)\].*\| in service/gmu)].map(([, name]) => name);
    const shipped = await shippedVersions({ adaptersDir, events: () => [] });
    expect(new Set(shipped.map(({ name }) => name))).toEqual(new Set(inService));
    expect(inService).toContain('grounded');
  });

  it('are versions that passed their gates and that nobody has decided about', async () => {
    const [shipped] = await shippedWith({ gates });
    expect(shipped?.name).toBe('tiny');
    expect(await shippedWith({ gates }, promoted('f'.repeat(64)))).toEqual([]);
  });

  it('are those whose gates were overruled for this very file', async () => {
    const failed = { ...gates, passed: false };
    const overruled = { at, sha256, reason: 'one question of a hundred' };
    expect(await shippedWith({ gates: failed, overruled })).toHaveLength(1);
    const ofAnother = { ...overruled, sha256: 'f'.repeat(64) };
    expect(await shippedWith({ gates: failed, overruled: ofAnother })).toEqual([]);
  });

  it('are none that only were trained, or that failed their gates', async () => {
    expect(await shippedWith({})).toEqual([]);
    expect(await shippedWith({ gates: { ...gates, passed: false } })).toEqual([]);
    expect(await shippedWith({ gates: { ...gates, candidateSha256: 'f'.repeat(64) } })).toEqual([]);
  });
});
