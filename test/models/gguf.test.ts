import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isKakehashiError } from '../../src/errors.js';
import { RanShort } from '../../src/models/byte-cursor.js';
import { ggufNumber, ggufString, parseGgufHeader, readGgufHeader } from '../../src/models/gguf.js';
import { encodeGgufHeader } from '../../src/models/gguf-write.js';
import { someBytes, temporaryFolder, tinyGguf } from './tiny-models.js';

function parse(bytes: Buffer) {
  return parseGgufHeader(bytes, bytes.length);
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

describe('readGgufHeader', () => {
  it('reads metadata, tensors and where they lie', async () => {
    const path = join(temporaryFolder(), 'a.gguf');
    writeFileSync(path, tinyGguf());
    const header = await readGgufHeader(path);
    expect(header.version).toBe(3);
    expect(ggufString(header, 'general.architecture')).toBe('llama');
    expect(ggufNumber(header, 'llama.context_length')).toBe(2_048);
    expect(header.metadata.get('tokenizer.ggml.tokens')?.value).toEqual({
      elementType: 'string',
      length: 2,
      values: ['a', '橋'],
    });
    expect(header.tensors).toEqual([
      {
        name: 'token_embd.weight',
        dimensions: [32, 2],
        type: 'F32',
        offset: header.dataOffset,
        bytes: 256,
      },
    ]);
    expect(header.dataOffset + 256).toBe(header.fileBytes);
  });

  it('reads a header that is longer than its first read', async () => {
    const tokens = Array.from({ length: 90_000 }, (_, i) => Buffer.from(`token number ${i}`));
    const path = join(temporaryFolder(), 'long.gguf');
    writeFileSync(path, tinyGguf([['long', { type: 'strings', value: tokens }]]));
    const header = await readGgufHeader(path);
    expect(header.dataOffset).toBeGreaterThan(2_000_000);
    expect(header.metadata.get('long')?.value).toMatchObject({ length: 90_000, values: null });
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['forty bytes', tinyGguf().subarray(0, 40)],
    ['without its weights', tinyGguf().subarray(0, -200)],
  ])('refuses a file that is cut: %s', async (_, bytes) => {
    const path = join(temporaryFolder(), 'cut.gguf');
    writeFileSync(path, bytes);
    await expect(readGgufHeader(path)).rejects.toMatchObject({ code: 'model.invalid' });
  });
});

describe('parseGgufHeader', () => {
  it.each<[string, (copy: Buffer) => void]>([
    ['another magic', (copy) => copy.write('GGML')],
    ['version 1', (copy) => copy.writeUInt32LE(1, 4)],
    ['big-endian', (copy) => copy.writeUInt32BE(3, 4)],
    ['an absurd tensor count', (copy) => copy.writeBigUInt64LE(2n ** 63n, 8)],
    ['an absurd key count', (copy) => copy.writeBigUInt64LE(2n ** 40n, 16)],
    ['an absurd key length', (copy) => copy.writeBigUInt64LE(2n ** 64n - 1n, 24)],
    ['a key that is not ASCII', (copy) => copy.writeUInt8(7, 32)],
  ])('refuses %s', (_, change) => {
    expect(() => parse(changed(tinyGguf(), change))).toThrow(
      expect.objectContaining({ code: 'model.invalid' }),
    );
  });

  it.each<[string, number, bigint]>([
    ['an offset that overflows', 8, 2n ** 64n - 32n],
    ['a tensor that does not start at the front', 8, 32n],
    ['a dimension that overflows', 28, 2n ** 62n],
    ['an empty dimension', 28, 0n],
  ])('refuses %s', (_, beforeEnd, value) => {
    // The tensor's entry ends the header: …, u64 × 2 dimensions, u32 type, u64 offset.
    const whole = encodeGgufHeader([], [{ name: 't', dimensions: [32, 2], type: 'F32' }]).bytes;
    const end = 24 + 8 + 1 + 4 + 16 + 4 + 8;
    const bytes = Buffer.concat([whole, someBytes(512)]);
    expect(parse(bytes).tensors).toHaveLength(1);
    expect(() => parse(changed(bytes, (c) => c.writeBigUInt64LE(value, end - beforeEnd)))).toThrow(
      expect.objectContaining({ code: 'model.invalid' }),
    );
  });

  it('refuses names that stand there twice', () => {
    const tensor = { name: 't', dimensions: [32], type: 'F32' };
    const twice = encodeGgufHeader([], [tensor, tensor]).bytes;
    expect(() => parse(Buffer.concat([twice, someBytes(256)]))).toThrow(/twice/);
    const key = ['k', { type: 'u32', value: 1 }] as const;
    expect(() => parse(encodeGgufHeader([key, key], []).bytes)).toThrow(/twice/);
  });

  it('refuses rows that do not fill whole blocks', () => {
    const { bytes } = encodeGgufHeader([], [{ name: 't', dimensions: [33], type: 'F32' }]);
    const typeAt = 24 + 8 + 1 + 4 + 8;
    const quantised = changed(bytes, (copy) => copy.writeUInt32LE(2, typeAt));
    expect(() => parse(Buffer.concat([quantised, someBytes(256)]))).toThrow(/blocks/);
  });

  it('meets 30,000 damaged headers with its own errors only', () => {
    const whole = tinyGguf([['general.alignment', { type: 'u32', value: 32 }]]);
    let accepted = 0;
    for (let seed = 1; seed <= 30_000; seed++) {
      const noise = someBytes(9, seed);
      const bytes = Buffer.from(whole);
      for (let i = 0; i < 3; i++) {
        bytes[noise.readUInt16LE(2 * i) % (bytes.length - 256)] = noise[6 + i] ?? 0;
      }
      try {
        parse(bytes);
        accepted++;
      } catch (error) {
        const isOurs = isKakehashiError(error) && error.code === 'model.invalid';
        if (!isOurs && !(error instanceof RanShort)) throw error;
      }
    }
    expect(accepted).toBeLessThan(30_000);
  });
});
