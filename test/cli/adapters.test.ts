import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RegistryOptions } from '../../src/adapters/registry.js';
import { admitFolderVersion } from '../../src/cli/adapters.js';
import {
  BASE_SHA256,
  craftAdapter,
  passportFor,
  writeAdapter,
  writeBase,
} from '../adapters/crafted.js';

/** One sound adapter in its folder, and nothing decided about it. */
async function installed() {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-adapters-'));
  const file = craftAdapter();
  const passport = passportFor(file);
  const base = { path: join(folder, 'base.gguf'), sha256: BASE_SHA256 };
  await writeAdapter(join(folder, 'adapters'), file, passport);
  await writeBase(base.path);
  const registry: RegistryOptions = {
    adaptersDir: join(folder, 'adapters'),
    servedDir: join(folder, 'served'),
    base,
    events: () => [],
    wasErased: () => false,
    tryOut: async () => null,
  };
  return { registry, passport, inFolder: join(folder, 'adapters', 'tiny', 'adapter.gguf') };
}

it('checks the file in the folder, also when that version was stored before', async () => {
  const { registry, inFolder } = await installed();
  expect((await admitFolderVersion('tiny', registry)).vetting?.baseSha256).toBe(BASE_SHA256);
  await writeFile(inFolder, 'half of its successor');
  await expect(admitFolderVersion('tiny', registry)).rejects.toMatchObject({
    code: 'adapter.invalid',
  });
});
