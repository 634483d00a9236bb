/** An `E5S1` file with one layer, 32 wide, and noise for weights. */
import { someBytes } from './tiny-models.js';

export const tinyE5Shape = {
  hidden: 32,
  layers: 1,
  heads: 2,
  ff: 64,
  vocabulary: 8,
  positions: 16,
};
const pieces = ['<s>', '<pad>', '</s>', '<unk>', '▁a', '橋', '<mask>'];

/** Field positions, for tests that damage one of them. */
export const e5Field = { version: 4, hidden: 8, layers: 12, vocabulary: 24, pieces: 44, blob: 64 };

export function tinyE5(): Buffer {
  const { hidden, layers, heads, ff, vocabulary, positions } = tinyE5Shape;
  const blob = Buffer.from(pieces.join(''));
  const offsets = [0];
  for (const piece of pieces) offsets.push((offsets.at(-1) ?? 0) + Buffer.byteLength(piece));
  const head = Buffer.concat([
    Buffer.from('E5S1'),
    ints([1, hidden, layers, heads, ff, vocabulary, positions, 2]),
    floats([1e-12]),
    ints([32, pieces.length, 0, 2, 1, 3]),
    long(blob.length),
    ints(offsets),
    floats([0, 0, 0, 0, -1, -2, 0]),
    blob,
    ints([1, 3]),
    Buffer.from('map'),
  ]);
  const tensors: [string, 0 | 1, number][] = [
    ['emb.word', 1, hidden * vocabulary],
    ['emb.pos', 0, hidden * positions],
    ['emb.type', 0, hidden * 2],
    ['emb.ln.w', 0, hidden],
    ['emb.ln.b', 0, hidden],
  ];
  for (const [part, inner, outer] of [
    ...['q', 'k', 'v', 'ao'].map((name) => [name, hidden, hidden] as const),
    ['fi', hidden, ff] as const,
    ['fo', ff, hidden] as const,
  ]) {
    tensors.push([`l0.${part}.w`, 1, inner * outer], [`l0.${part}.b`, 0, outer]);
  }
  for (const part of ['aln', 'oln']) {
    tensors.push([`l0.${part}.w`, 0, hidden], [`l0.${part}.b`, 0, hidden]);
  }
  const tableBytes = 4 + tensors.reduce((sum, [name]) => sum + 2 + name.length + 21, 0);
  let offset = head.length + tableBytes;
  const rows = [ints([tensors.length])];
  const data: Buffer[] = [];
  for (const [i, [name, kind, elements]] of tensors.entries()) {
    const bytes = kind === 0 ? elements * 4 : (elements / 32) * 18;
    const length = Buffer.alloc(2);
    length.writeUInt16LE(name.length);
    rows.push(length, Buffer.from(name), Buffer.from([kind]), ints([elements]));
    rows.push(long(offset), long(bytes));
    data.push(someBytes(bytes, i + 1));
    offset += bytes;
  }
  return Buffer.concat([head, ...rows, ...data]);
}

function ints(values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}

function floats(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
