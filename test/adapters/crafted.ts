import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Passport } from '../../src/adapters/passport.js';
import { encodeGgufHeader, type WritableGgufValue } from '../../src/models/gguf-write.js';

export type Crafted = {
  alpha?: WritableGgufValue;
  kind?: string;
  architecture?: string;
  tensors?: { name: string; dimensions: number[]; type: string }[];
  /** First weight of each tensor, as raw bytes. */
  firstBytes?: Buffer;
  cutBytes?: number;
};

const PAIR = [
  { name: 'blk.0.attn_q.weight.lora_a', dimensions: [8, 2], type: 'F16' },
  { name: 'blk.0.attn_q.weight.lora_b', dimensions: [2, 8], type: 'F16' },
];

/** Bytes of a small adapter file with one fault, or with none. */
export function craftAdapter(crafted: Crafted = {}): Buffer {
  const header = encodeGgufHeader(
    [
      ['general.architecture', { type: 'string', value: crafted.architecture ?? 'qwen2' }],
      ['general.type', { type: 'string', value: crafted.kind ?? 'adapter' }],
      ['adapter.type', { type: 'string', value: 'lora' }],
      ['adapter.lora.alpha', crafted.alpha ?? { type: 'f32', value: 16 }],
    ],
    crafted.tensors ?? PAIR,
  );
  const end = Math.max(...header.tensors.map(({ offset, bytes }) => offset + bytes));
  const data = Buffer.alloc(end);
  for (const { offset } of header.tensors) crafted.firstBytes?.copy(data, offset);
  const file = Buffer.concat([header.bytes, data]);
  return file.subarray(0, file.length - (crafted.cutBytes ?? 0));
}

export const BASE_SHA256 = 'b'.repeat(64);

/** A base model with one layer of 8 inputs and 8 outputs, as far as a header goes. */
export async function writeBase(path: string): Promise<void> {
  const header = encodeGgufHeader(
    [['general.architecture', { type: 'string', value: 'qwen2' }]],
    [{ name: 'blk.0.attn_q.weight', dimensions: [8, 8], type: 'F16' }],
  );
  await writeFile(path, Buffer.concat([header.bytes, Buffer.alloc(128)]));
}

export function passportFor(file: Buffer, overrides: Partial<Passport> = {}): Passport {
  return {
    name: 'tiny',
    version: '1.0.0',
    description: { ja: '小さい', en: 'tiny' },
    base: { name: 'tiny-base', sha256: [BASE_SHA256], licence: 'MIT' },
    adapter: {
      sha256: createHash('sha256').update(file).digest('hex'),
      bytes: file.length,
      rank: 2,
      alpha: 16,
      targets: ['attn_q'],
    },
    licence: 'Apache-2.0',
    data: { files: [], languages: ['en'], counts: {} },
    settings: { seed: 1 },
    template: 'chatml',
    instruction: null,
    answerSchema: null,
    byName: false,
    needsPassages: true,
    affinity: { ja: [], en: [] },
    access: ['group:everyone'],
    lineage: [],
    scores: [],
    vetting: null,
    gates: null,
    overruled: null,
    history: [],
    ...overrides,
  };
}

/** Writes an adapter folder as a maintainer would have it. */
export async function writeAdapter(
  adaptersDir: string,
  file: Buffer,
  passport: unknown,
): Promise<void> {
  const folder = join(adaptersDir, 'tiny');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter.gguf'), file);
  await writeFile(join(folder, 'passport.json'), JSON.stringify(passport));
}
