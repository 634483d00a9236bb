/** Small files and entries that stand in for models, wheels and pip. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { encodeGgufHeader, type WritableGgufValue } from '../../src/models/gguf-write.js';
import type { ModelEntry } from '../../src/models/model-entry.js';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bytes that look random and are the same in every run. */
export function someBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function entryOf(content: Uint8Array, sources: ModelEntry['sources']): ModelEntry {
  return {
    name: 'tiny',
    role: 'chat',
    file: 'tiny.gguf',
    licence: 'Apache-2.0',
    licenceFrom: 'manifest',
    languages: ['en'],
    bytes: content.length,
    sha256: sha256(content),
    template: 'chatml',
    contextTokens: 512,
    sources,
  };
}

/** A GGUF file with one tensor of 64 numbers and the given extra metadata. */
export function tinyGguf(extra: [string, WritableGgufValue][] = []): Buffer {
  const header = encodeGgufHeader(
    [
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['llama.context_length', { type: 'u32', value: 2_048 }],
      ['tokenizer.ggml.tokens', { type: 'strings', value: [Buffer.from('a'), Buffer.from('橋')] }],
      ['tokenizer.ggml.scores', { type: 'f32s', value: [0, -1.5] }],
      ...extra,
    ],
    [{ name: 'token_embd.weight', dimensions: [32, 2], type: 'F32' }],
  );
  return Buffer.concat([header.bytes, someBytes(256)]);
}

/** A zip archive without compression, as a wheel. */
export function zipOf(files: Record<string, Uint8Array>): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

export type FakePip = { env: NodeJS.ProcessEnv; folder: string };

/**
 * A folder whose `python3` stands in for pip: it notes its arguments in `asked.log` and copies
 * `<requirement>.whl` from the folder to where pip was told, or does what `body` says.
 */
export function fakePip(wheels: Record<string, Uint8Array>, body?: string): FakePip {
  const folder = temporaryFolder();
  for (const [requirement, wheel] of Object.entries(wheels)) {
    writeFileSync(join(folder, `${requirement}.whl`), wheel);
  }
  const script = `#!/bin/sh
here='${folder}'
echo "$@" >> "$here/asked.log"
while [ $# -gt 1 ]; do
  [ "$1" = --dest ] && dest=$2
  [ "$1" = --platform ] && platform=$2
  shift
done
${body ?? 'cp "$here/$1.whl" "$dest/"'}
`;
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'python3'), script);
  chmodSync(join(folder, 'bin', 'python3'), 0o755);
  return { env: { PATH: `${folder}/bin:/usr/bin:/bin` }, folder };
}
