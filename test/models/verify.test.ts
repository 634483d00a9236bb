import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../src/models/model-entry.js';
import { pullModel } from '../../src/models/pull.js';
import { listModels, requireModel, verifyModels } from '../../src/models/verify.js';
import { entryOf, sha256, someBytes, temporaryFolder } from './tiny-models.js';

const content = someBytes(100_000);

async function pulled(): Promise<{ entry: ModelEntry; modelsDir: string; path: string }> {
  const source = join(temporaryFolder(), 'tiny.gguf');
  writeFileSync(source, content);
  const entry = entryOf(content, [{ kind: 'file', path: source }]);
  const modelsDir = temporaryFolder();
  const path = await pullModel(entry, {
    modelsDir,
    hubEndpoint: 'http://127.0.0.1:1',
    allowLicences: ['Apache-2.0'],
  });
  return { entry, modelsDir, path };
}

/** Changes a byte and puts the time back, so that only reading the file shows it. */
function damageUnseen(path: string) {
  const bytes = readFileSync(path);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, wholeSecond, wholeSecond);
}

// A time that can be set exactly as it was stamped.
const wholeSecond = 1_000_000;

describe('requireModel', () => {
  it('gives the file and what it was verified against', async () => {
    const { entry, modelsDir, path } = await pulled();
    expect(await requireModel(entry, { modelsDir })).toEqual({
      entry,
      path,
      bytes: content.length,
      sha256: sha256(content),
      licence: 'Apache-2.0',
      contextTokens: 512,
    });
  });

  it('does not hash a file again that looks as it did', async () => {
    const { entry, modelsDir } = await pulled();
    let hashed = 0;
    await requireModel(entry, { modelsDir, onProgress: () => hashed++ });
    expect(hashed).toBe(0);
  });

  it('hashes a file once that looks different, and then believes it', async () => {
    const { entry, modelsDir, path } = await pulled();
    utimesSync(path, 1_000, 1_000);
    let hashed = 0;
    await requireModel(entry, { modelsDir, onProgress: () => hashed++ });
    expect(hashed).toBeGreaterThan(0);
    hashed = 0;
    await requireModel(entry, { modelsDir, onProgress: () => hashed++ });
    expect(hashed).toBe(0);
  });

  it('tells missing, cut and changed files apart', async () => {
    const { entry, modelsDir, path } = await pulled();
    writeFileSync(path, someBytes(content.length, 5));
    await expect(requireModel(entry, { modelsDir })).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
    });
    truncateSync(path, 10);
    await expect(requireModel(entry, { modelsDir })).rejects.toMatchObject({
      code: 'model.truncated',
    });
    rmSync(path);
    await expect(requireModel(entry, { modelsDir })).rejects.toMatchObject({
      code: 'model.not_pulled',
      remedy: 'Run: kakehashi models pull tiny',
    });
  });
});

describe('listModels and verifyModels', () => {
  it('list what is here, what is not, and where it comes from', async () => {
    const { entry, modelsDir, path } = await pulled();
    const hub = { kind: 'hub', repo: 'o/t', file: 't.gguf', revision: 'main' } as const;
    const absent = { ...entryOf(content.subarray(1), [hub]), name: 'other' };
    const [first, second] = await listModels([entry, absent], { modelsDir });
    expect(first).toMatchObject({ state: 'present', path, bytes: content.length });
    expect(first?.source).toMatch(/^file:/);
    expect(second).toMatchObject({ state: 'absent', path: null, source: 'hf:o/t/t.gguf@main' });
  });

  it('find a change that no look at the file shows, and remember it', async () => {
    const { entry, modelsDir, path } = await pulled();
    utimesSync(path, wholeSecond, wholeSecond);
    await requireModel(entry, { modelsDir });
    damageUnseen(path);
    expect((await listModels([entry], { modelsDir }))[0]?.state).toBe('present');
    expect((await verifyModels([entry], { modelsDir }))[0]?.state).toBe('corrupt');
    expect((await listModels([entry], { modelsDir }))[0]?.state).toBe('corrupt');
  });

  it('call a cut file corrupt and a missing one absent', async () => {
    const { entry, modelsDir, path } = await pulled();
    truncateSync(path, 10);
    expect((await verifyModels([entry], { modelsDir }))[0]?.state).toBe('corrupt');
    rmSync(path);
    expect((await verifyModels([entry], { modelsDir }))[0]?.state).toBe('absent');
  });
});
