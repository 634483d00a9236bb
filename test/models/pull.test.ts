import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../src/models/model-entry.js';
import { readRecord } from '../../src/models/model-record.js';
import { ownChatModel } from '../../src/models/own-model.js';
import { pullModel } from '../../src/models/pull.js';
import type { PullOptions } from '../../src/models/pull-options.js';
import { convertE5ToGguf } from '../../src/models/convert-e5.js';
import { tinyE5 } from './tiny-e5.js';
import { entryOf, sha256, someBytes, temporaryFolder, tinyGguf } from './tiny-models.js';

const content = someBytes(200_000);

function fileEntry(bytes: Uint8Array = content): ModelEntry {
  const path = join(temporaryFolder(), 'tiny.gguf');
  writeFileSync(path, bytes);
  return entryOf(content, [{ kind: 'file', path }]);
}

function optionsFor(more: Partial<PullOptions> = {}): PullOptions {
  return {
    modelsDir: temporaryFolder(),
    hubEndpoint: 'http://127.0.0.1:1',
    allowLicences: ['Apache-2.0', 'MIT'],
    ...more,
  };
}

function ownFile(name: string, bytes: Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe('pullModel', () => {
  it('copies a file of this machine and records what it was verified against', async () => {
    const options = optionsFor();
    const path = await pullModel(fileEntry(), options);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(await readRecord(options.modelsDir, 'tiny')).toMatchObject({
      sha256: sha256(content),
      bytes: content.length,
      licence: 'Apache-2.0',
      source: expect.stringMatching(/^file:/),
    });
    expect(readdirSync(join(options.modelsDir, 'partial'))).toEqual([]);
  });

  it.each([
    ['shorter', content.subarray(1), 'model.truncated'],
    ['other', someBytes(content.length, 9), 'model.checksum_mismatch'],
  ])('refuses a file with %s content and leaves nothing', async (_, bytes, code) => {
    const options = optionsFor();
    await expect(pullModel(fileEntry(bytes), options)).rejects.toMatchObject({ code });
    expect(readdirSync(options.modelsDir)).toEqual(['partial']);
    expect(readdirSync(join(options.modelsDir, 'partial'))).toEqual([]);
  });

  it('refuses a licence that is not allowed before it touches the disk', async () => {
    const options = optionsFor({ allowLicences: ['MIT'] });
    await expect(pullModel(fileEntry(), options)).rejects.toMatchObject({
      code: 'model.licence_refused',
    });
    expect(readdirSync(options.modelsDir)).toEqual([]);
  });

  it('says beforehand that the disk is too full', async () => {
    const options = optionsFor({ freeBytesOf: async () => 1_000 });
    await expect(pullModel(fileEntry(), options)).rejects.toMatchObject({
      code: 'disk.full',
      detail: { freeBytes: 1_000 },
    });
  });

  it.skipIf(!existsSync('/dev/full'))(
    'reports a disk that becomes full while writing',
    async () => {
      // /dev/full answers every write with ENOSPC; elsewhere than on Linux there is no such device.
      const options = optionsFor();
      mkdirSync(join(options.modelsDir, 'partial'));
      const part = `tiny-${sha256(content).slice(0, 12)}.file.part`;
      symlinkSync('/dev/full', join(options.modelsDir, 'partial', part));
      await expect(pullModel(fileEntry(), options)).rejects.toMatchObject({ code: 'disk.full' });
    },
  );

  it('says that the models folder cannot be made', async () => {
    const options = optionsFor({ modelsDir: join(ownFile('a-file', content), 'models') });
    await expect(pullModel(fileEntry(), options)).rejects.toMatchObject({ code: 'config.invalid' });
  });

  it('lets two pulls at once work as one', async () => {
    const entry = fileEntry();
    const options = optionsFor();
    const paths = await Promise.all([1, 2, 3].map(() => pullModel(entry, options)));
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(options.modelsDir).toSorted()).toHaveLength(3);
  });

  it('repairs a damaged file without writing into it', async () => {
    const entry = fileEntry();
    const options = optionsFor();
    const path = await pullModel(entry, options);
    const before = statSync(path).ino;
    writeFileSync(path, content.subarray(0, 10));
    expect(await pullModel(entry, options)).toBe(path);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path).ino).not.toBe(before);
  });

  it('takes a file brought by hand when there is no network', async () => {
    const localDir = temporaryFolder();
    const hub = { kind: 'hub', repo: 'o/t', file: 't.gguf', revision: 'main' } as const;
    const entry = entryOf(content, [hub]);
    const offline = optionsFor({ offline: true, localDir: null });
    await expect(pullModel(entry, offline)).rejects.toMatchObject({ code: 'model.not_pulled' });
    writeFileSync(join(localDir, 'tiny.gguf'), content);
    await expect(pullModel(entry, { ...offline, localDir })).resolves.toContain('tiny-');
  });

  it('converts the embedding model and checks what came out', async () => {
    const source = tinyE5();
    const path = ownFile('e5.bin', source);
    const reference = join(temporaryFolder(), 'reference.gguf');
    await convertE5ToGguf(path, reference);
    const made = readFileSync(reference);
    const entry: ModelEntry = {
      ...entryOf(source, [{ kind: 'file', path }]),
      converted: { from: 'e5s1', file: 'e5.gguf', bytes: made.length, sha256: sha256(made) },
    };
    const options = optionsFor();
    const pulled = await pullModel(entry, options);
    expect(readFileSync(pulled).equals(made)).toBe(true);
    expect(readdirSync(join(options.modelsDir, 'partial'))).toEqual([]);
    const other = { ...entry, converted: { ...entry.converted, sha256: sha256(source) } };
    await expect(pullModel(other as ModelEntry, optionsFor())).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
    });
  });

  it('does nothing when it is cancelled already', async () => {
    const options = optionsFor({ signal: AbortSignal.abort() });
    await expect(pullModel(fileEntry(), options)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a model of the owner’s own', () => {
  const licensed = tinyGguf([['general.license', { type: 'string', value: 'apache-2.0' }]]);

  it('is trusted on first use and held to that afterwards', async () => {
    const path = ownFile('mine.gguf', licensed);
    const entry = ownChatModel(`file:${path}`);
    const options = optionsFor();
    const pulled = await pullModel(entry, options);
    expect(await readRecord(options.modelsDir, entry.name)).toMatchObject({
      sha256: sha256(licensed),
      licence: 'apache-2.0',
      licenceFrom: 'file',
      contextTokens: 2_048,
    });
    writeFileSync(pulled, 'damaged');
    const changed = Buffer.from(licensed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    writeFileSync(path, changed);
    await expect(pullModel(entry, options)).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
      remedy: expect.stringContaining(`${entry.name}.json`),
    });
  });

  it('needs a licence, from the config or from the file', async () => {
    const path = ownFile('mine.gguf', tinyGguf());
    const refused = pullModel(ownChatModel(`file:${path}`), optionsFor());
    await expect(refused).rejects.toMatchObject({ code: 'model.licence_refused' });
    const stated = ownChatModel(`file:${path}`, { licence: 'MIT' });
    await expect(pullModel(stated, optionsFor())).resolves.toContain('mine-');
    const other = ownChatModel(`file:${ownFile('l.gguf', licensed)}`);
    const onlyMit = optionsFor({ allowLicences: ['MIT'] });
    await expect(pullModel(other, onlyMit)).rejects.toMatchObject({
      code: 'model.licence_refused',
    });
  });

  it.each([
    ['no GGUF file', Buffer.from('PK, not a model')],
    ['an adapter', tinyGguf([['general.type', { type: 'string', value: 'adapter' }]])],
    ['one part of several', tinyGguf([['split.count', { type: 'u32', value: 3 }]])],
  ])('is refused when it is %s', async (_, bytes) => {
    const options = optionsFor();
    const entry = ownChatModel(`file:${ownFile('odd.gguf', bytes)}`, { licence: 'MIT' });
    await expect(pullModel(entry, options)).rejects.toMatchObject({ code: 'model.invalid' });
    expect(readdirSync(options.modelsDir)).toEqual(['partial']);
  });
});
