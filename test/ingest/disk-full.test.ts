import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { NIGHTS_LATER, openIndex } from './real-index.js';

/** Holds the first version and little more. */
const DISK_BYTES = 4 << 20;
const READER = { readableBy: { id: 'local', access: [], readsAll: true } };

let disk = '';
let docs = '';
let mounted = false;
beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'small-disk-'));
  docs = await mkdtemp(join(tmpdir(), 'disk-full-docs-'));
  // Needs Linux and the right to mount.
  mounted = await promisify(execFile)('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${DISK_BYTES}`,
    'tmpfs',
    disk,
  ]).then(
    () => true,
    () => false,
  );
});
afterAll(async () => {
  if (mounted) await promisify(execFile)('umount', ['-l', disk]);
  await rm(disk, { recursive: true, force: true });
  await rm(docs, { recursive: true, force: true });
});

async function indexDocs() {
  await using index = openIndex(disk, NIGHTS_LATER);
  return await index.run(docs);
}

async function readable() {
  await using index = openIndex(disk, NIGHTS_LATER);
  await using snapshot = await index.store.reader('docs').snapshot();
  const query = { filter: READER, limit: 5 };
  const [byWords] = await snapshot.keyword(['lantern'], query);
  const [byVector] = await snapshot.dense(new Float32Array(8).fill(1), query);
  expect(byVector).toBeDefined();
  return {
    version: snapshot.publication.version,
    passages: await snapshot.count(READER),
    found: byWords?.passage.documentId,
  };
}

async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}

function described(error: unknown) {
  if (!(error instanceof KakehashiError)) return { code: error, leaks: true };
  return { code: error.code, leaks: error.message.includes(disk) };
}

test('a run on a full disk publishes nothing, reads go on, and the next run with room completes', async ({
  skip,
}) => {
  if (!mounted) skip('no file system of a few megabytes can be mounted here');
  await writeFile(join(docs, 'a.md'), '# A\n\nThe lantern is green.\n');
  expect(await indexDocs()).toMatchObject({ version: 1 });
  const before = await readable();
  expect(before).toEqual({ version: 1, passages: 1, found: 'a.md' });
  await mkdir(join(docs, 'more'));
  for (let at = 0; at < 12; at++) {
    const parts = Array.from({ length: 10 }, (_, i) => `## Part ${i}\n\nText ${at} of ${i}.\n`);
    await writeFile(join(docs, 'more', `${at}.md`), parts.join('\n'));
  }

  // Little room ends the run where it takes the lock, more of it later on.
  const refusals = [];
  const filler = join(disk, 'filler');
  for (const roomBytes of [0, 16_384, 65_536, 131_072, 262_144]) {
    await writeFile(filler, new Uint8Array(Math.max(0, (await freeBytes()) - roomBytes)));
    const error = await indexDocs().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error !== null) refusals.push({ ...described(error), readable: await readable() });
    await rm(filler);
    if (error === null) break;
  }
  expect(refusals.length).toBeGreaterThanOrEqual(3);
  const refusal = { code: 'disk.full', leaks: false, readable: before };
  expect(refusals).toEqual(refusals.map(() => refusal));
  const report = await indexDocs();
  expect(report).toMatchObject({ failed: [], version: 2 });
  expect(await readable()).toEqual({ version: 2, passages: 121, found: 'a.md' });
}, 120_000);
