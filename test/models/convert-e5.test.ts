import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertE5ToGguf } from '../../src/models/convert-e5.js';
import { ggufNumber, ggufString, readGgufHeader } from '../../src/models/gguf.js';
import { e5Field, tinyE5, tinyE5Shape } from './tiny-e5.js';
import { temporaryFolder } from './tiny-models.js';

async function convert(source: Buffer) {
  const folder = temporaryFolder();
  const [from, to] = [join(folder, 'source.bin'), join(folder, 'target.gguf')];
  writeFileSync(from, source);
  await convertE5ToGguf(from, to);
  return to;
}

describe('convertE5ToGguf', () => {
  it('writes a BERT model with mean pooling and the whole vocabulary', async () => {
    const header = await readGgufHeader(await convert(tinyE5()));
    expect(ggufString(header, 'general.architecture')).toBe('bert');
    expect(ggufNumber(header, 'bert.pooling_type')).toBe(1);
    expect(header.metadata.get('bert.attention.causal')?.value).toBe(false);
    expect(ggufNumber(header, 'bert.context_length')).toBe(tinyE5Shape.positions);
    const tokens = header.metadata.get('tokenizer.ggml.tokens')?.value;
    expect(tokens).toMatchObject({ length: tinyE5Shape.vocabulary });
    expect(tokens).toHaveProperty('values.5', '橋');
    expect(tokens).toHaveProperty('values.7', '<unused0>');
    expect(header.metadata.get('tokenizer.ggml.token_type')?.value).toHaveProperty(
      'values',
      [3, 3, 3, 2, 1, 1, 3, 5],
    );
    expect(header.tensors).toHaveLength(5 + 16);
  });

  it('copies every weight unchanged', async () => {
    const source = tinyE5();
    const target = await convert(source);
    const written = readFileSync(target);
    const header = await readGgufHeader(target);
    const last = header.tensors.find(({ name }) => name === 'blk.0.layer_output_norm.bias');
    const first = header.tensors.find(({ name }) => name === 'token_embd.weight');
    if (last === undefined || first === undefined) throw new Error('a tensor is missing');
    expect(written.subarray(last.offset, last.offset + last.bytes)).toEqual(source.subarray(-128));
    expect(source.includes(written.subarray(first.offset, first.offset + first.bytes))).toBe(true);
  });

  it('gives the same bytes each time', async () => {
    const [a, b] = [await convert(tinyE5()), await convert(tinyE5())];
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  it.each<[string, (copy: Buffer) => void]>([
    ['another magic', (copy) => copy.write('E5S2')],
    ['another version', (copy) => copy.writeInt32LE(2, e5Field.version)],
    ['a width of zero', (copy) => copy.writeInt32LE(0, e5Field.hidden)],
    ['a billion layers', (copy) => copy.writeInt32LE(1e9, e5Field.layers)],
    ['a negative vocabulary', (copy) => copy.writeInt32LE(-1, e5Field.vocabulary)],
    ['more pieces than rows', (copy) => copy.writeInt32LE(9, e5Field.pieces)],
    ['an absurd blob', (copy) => copy.writeBigUInt64LE(2n ** 60n, e5Field.blob)],
    ['a layer without tensors', (copy) => copy.writeInt32LE(2, e5Field.layers)],
  ])('refuses %s and leaves nothing', async (_, change) => {
    const folder = temporaryFolder();
    const bytes = tinyE5();
    change(bytes);
    const [from, to] = [join(folder, 'source.bin'), join(folder, 'target.gguf')];
    writeFileSync(from, bytes);
    await expect(convertE5ToGguf(from, to)).rejects.toMatchObject({ code: 'model.invalid' });
    expect(readdirSync(folder)).toEqual(['source.bin']);
  });

  it('refuses a file cut at any place', async () => {
    const whole = tinyE5();
    for (let length = 0; length < whole.length; length += 97) {
      await expect(convert(whole.subarray(0, length))).rejects.toMatchObject({
        code: 'model.invalid',
      });
    }
  });

  it('stops when it is cancelled', async () => {
    const folder = temporaryFolder();
    const [from, to] = [join(folder, 'source.bin'), join(folder, 'target.gguf')];
    writeFileSync(from, tinyE5());
    const stopped = convertE5ToGguf(from, to, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(to)).toBe(false);
  });
});
