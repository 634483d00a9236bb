import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadAdapters, type RegistryOptions } from '../../src/adapters/registry.js';
import { admitFolderVersion, rollBack, whyItWaits } from '../../src/cli/adapters.js';
import type { AdapterEvent } from '../../src/store/record-adapters.js';
import { openRecords } from '../../src/store/records.js';
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
  const records = openRecords(join(folder, 'records.db'));
  onTestFinished(() => records.close());
  const registry: RegistryOptions = {
    adaptersDir: join(folder, 'adapters'),
    servedDir: join(folder, 'served'),
    base,
    events: () => records.adapters.list(),
    wasErased: (corpus, id) => records.documents.wasErased(corpus, id),
    tryOut: async () => null,
  };
  const decide = (action: AdapterEvent['action'], sha256: string, share: number | null = null) =>
    records.adapters.add({ name: 'tiny', action, sha256, share, reason: null, principal: 'local' });
  const inFolder = join(folder, 'adapters', 'tiny', 'adapter.gguf');
  return { registry, records, passport, inFolder, decide };
}

it('checks the file in the folder, also when that version was stored before', async () => {
  const { registry, inFolder } = await installed();
  expect((await admitFolderVersion('tiny', registry)).vetting?.baseSha256).toBe(BASE_SHA256);
  await writeFile(inFolder, 'half of its successor');
  await expect(admitFolderVersion('tiny', registry)).rejects.toMatchObject({
    code: 'adapter.invalid',
  });
});

it('goes back only to a version that would be served, and says why another one is not', async () => {
  const { registry, records, passport, decide } = await installed();
  const learned = { corpus: 'hr', id: 'erased.md', revision: '0000000000000001', access: [] };
  await writeAdapter(registry.adaptersDir, craftAdapter(), { ...passport, lineage: [learned] });
  decide('promote', passport.adapter.sha256);
  await loadAdapters(registry);
  // Its successor is in service, and being trained further.
  await writeFile(join(registry.adaptersDir, 'tiny', 'passport.json'), '');
  decide('promote', 'f'.repeat(64));
  records.documents.erase('hr', 'erased.md');
  await expect(rollBack('tiny', { records, registry })).rejects.toMatchObject({
    code: 'adapter.withdrawn',
  });
  expect(records.adapters.list()).toHaveLength(2);
  const { text } = await rollBack('tiny', {
    records,
    registry: { ...registry, wasErased: () => false },
  });
  expect(text).toContain(passport.adapter.sha256.slice(0, 12));
});

it('ends a trial whatever becomes of the version in service', async () => {
  const { registry, records, decide } = await installed();
  decide('promote', 'f'.repeat(64));
  decide('canary', 'e'.repeat(64), 10);
  const { text } = await rollBack('tiny', { records, registry });
  expect(text).toBe('The trial of tiny has ended.');
  expect(records.adapters.list().at(-1)?.action).toBe('rollback');
});

it('says of a version in the folder that does not serve what it lacks', () => {
  const passport = passportFor(craftAdapter());
  const { sha256 } = passport.adapter;
  const row = {
    gate: 'speed',
    figure: 'tokens read a second',
    lang: 'all',
    n: 4,
    base: 10,
  } as const;
  const rest = { inService: null, interval: null, limit: null };
  const rows = [
    { ...row, ...rest, candidate: 9, passed: true },
    { ...row, ...rest, candidate: 5, passed: false },
  ];
  const gates = { at: '2026-01-01', candidateSha256: sha256, baseSha256: BASE_SHA256, rows };
  expect(whyItWaits({ ...passport, gates: null })).toBe('waits for its gates');
  expect(whyItWaits({ ...passport, gates: { ...gates, passed: false } })).toBe(
    'not in service: 1 of 2 gates failed',
  );
  expect(whyItWaits({ ...passport, gates: { ...gates, passed: true } })).toBe(
    'waits to be promoted',
  );
});
