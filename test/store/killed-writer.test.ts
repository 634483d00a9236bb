import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MAINTAINER, openTestStore, temporaryFolder } from './fixtures.js';

const filter = { readableBy: MAINTAINER };
const KILLS = 5;

it('a killed writer leaves readers one whole version, and the next writer goes on', async () => {
  const dir = await temporaryFolder();
  const store = await openTestStore({ dir, leaseMs: 2000 });
  const reader = store.reader('hr');
  let published = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'writer-process.mjs'), dir, String(kill)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    // The first writer is left to publish something; the others die anywhere.
    while (kill === 0 && (await store.corpora()).length === 0) await sleep(50);
    await sleep((kill * 397) % 900);
    child.kill('SIGKILL');
    await once(child, 'exit');

    await using snapshot = await reader.snapshot();
    const texts = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const passages = await snapshot.passagesOf(`d${i}.md`, filter);
      expect(passages).toHaveLength(1);
      for (const { text } of passages) texts.add(text);
    }
    expect(texts.size).toBe(1);
    expect(await snapshot.count(filter)).toBe(20);
    expect(snapshot.publication.version).toBeGreaterThanOrEqual(published);
    published = snapshot.publication.version;
    expect(await snapshot.keyword(['state'], { filter, limit: 30 })).toHaveLength(20);
  }
  await using writer = await store.writer('hr');
  expect((await writer.documents()).size).toBe(20);
}, 120_000);
