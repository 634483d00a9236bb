import type { FileHandle } from 'node:fs/promises';
import { KakehashiError } from '../errors.js';
import { ByteCursor, RanShort } from './byte-cursor.js';

/**
 * The `E5S1` file of multilingual-e5-small: shape, sentence-piece vocabulary, a normalisation map
 * (not used: texts are NFKC-normalised before they get here) and tensors whose 4-bit blocks are
 * ggml's Q4_0 already. Little-endian.
 */
export type E5Shape = {
  hidden: number;
  layers: number;
  heads: number;
  feedForward: number;
  /** Rows of the embedding table; more than `pieces`, the rest is unused. */
  vocabulary: number;
  positions: number;
  types: number;
  epsilon: number;
  /** Token ids. */
  bos: number;
  eos: number;
  padding: number;
  unknown: number;
};

export type E5Tensor = {
  name: string;
  type: 'F32' | 'Q4_0';
  elements: number;
  /** From the start of the file. */
  offset: number;
  bytes: number;
};

export type E5File = {
  shape: E5Shape;
  pieces: readonly Uint8Array[];
  scores: Float64Array;
  tensors: ReadonlyMap<string, E5Tensor>;
};

// Bounds far above the one file that exists (250,037 tokens, 12 layers, 197 tensors, 4.6 MB of
// tables) and low enough that no count in a damaged file asks for much memory.
const most = {
  hidden: 4_096,
  layers: 64,
  heads: 64,
  feedForward: 16_384,
  vocabulary: 1_000_000,
  positions: 8_192,
  types: 16,
  blobBytes: 32 << 20,
  mapBytes: 16 << 20,
  tensors: 2_048,
  nameBytes: 64,
  tableBytes: 96 << 20,
};
const blockElements = 32;
const blockBytes = 18;

function invalid(why: string): KakehashiError {
  return new KakehashiError('model.invalid', `The embedding model cannot be converted: ${why}.`, {
    remedy: 'Remove the file and pull the model again.',
  });
}

/**
 * Reads everything before the weights. Throws `model.invalid` when a count is absurd, the file
 * ends early or a tensor lies outside it.
 */
export async function readE5File(file: FileHandle): Promise<E5File> {
  const fileBytes = (await file.stat()).size;
  for (let size = 8 << 20; ; size *= 4) {
    const length = Math.min(size, fileBytes, most.tableBytes);
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, 0);
    try {
      return parseE5File(bytes.subarray(0, bytesRead), fileBytes);
    } catch (error) {
      if (!(error instanceof RanShort)) throw error;
      if (length >= fileBytes) throw invalid('it ends inside its tables');
      if (length >= most.tableBytes) throw invalid('its tables are too long');
    }
  }
}

function parseE5File(bytes: Uint8Array, fileBytes: number): E5File {
  const cursor = new ByteCursor(bytes, invalid);
  if (cursor.ascii(4) !== 'E5S1') throw invalid('it does not begin with E5S1');
  if (cursor.u32() !== 1) throw invalid('its version is not 1');
  const size = (limit: number, what: string) => between(cursor.u32(), 1, limit, what);
  const hidden = size(most.hidden, 'width');
  const layers = size(most.layers, 'layers');
  const heads = size(most.heads, 'heads');
  const feedForward = size(most.feedForward, 'feed-forward width');
  const vocabulary = size(most.vocabulary, 'vocabulary');
  const positions = size(most.positions, 'positions');
  const types = size(most.types, 'token types');
  const epsilon = Number(cursor.number('f32'));
  if (!(epsilon > 0 && epsilon < 1)) throw invalid('its epsilon is not a small number');
  if (cursor.u32() !== blockElements) throw invalid('its blocks are not of 32 weights');
  if (hidden % blockElements !== 0 || hidden % heads !== 0 || feedForward % blockElements !== 0) {
    throw invalid('its widths do not fit its blocks and heads');
  }

  const pieceCount = size(vocabulary, 'pieces');
  const id = (what: string) => between(cursor.u32(), 0, pieceCount - 1, what);
  const [bos, eos, padding, unknown] = [id('bos'), id('eos'), id('padding'), id('unknown')];
  const blobBytes = cursor.count(most.blobBytes, 'bytes of vocabulary');
  const offsets = numbers(cursor, pieceCount + 1, (view, at) => view.getUint32(at, true));
  const scores = numbers(cursor, pieceCount, (view, at) => view.getFloat32(at, true));
  if (!scores.every(Number.isFinite)) throw invalid('a score is not a number');
  const blob = cursor.take(blobBytes);
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < pieceCount; i++) {
    const [start = 0, end = 0] = [offsets[i], offsets[i + 1]];
    if (start >= end || end > blobBytes) throw invalid('a piece lies outside the vocabulary');
    pieces.push(blob.subarray(start, end));
  }

  cursor.u32();
  cursor.take(between(cursor.u32(), 0, most.mapBytes, 'bytes of normalisation map'));
  const tensors = readTensors(cursor, fileBytes);
  return {
    shape: {
      hidden,
      layers,
      heads,
      feedForward,
      vocabulary,
      positions,
      types,
      epsilon,
      bos,
      eos,
      padding,
      unknown,
    },
    pieces,
    scores,
    tensors,
  };
}

function readTensors(cursor: ByteCursor, fileBytes: number): Map<string, E5Tensor> {
  const tensorCount = between(cursor.u32(), 1, most.tensors, 'tensors');
  const tensors = new Map<string, E5Tensor>();
  for (let i = 0; i < tensorCount; i++) {
    const nameBytes = between(Number(cursor.number('u16')), 1, most.nameBytes, 'name length');
    const name = cursor.ascii(nameBytes);
    if (!/^[\x21-\x7e]+$/.test(name) || tensors.has(name)) throw invalid('a tensor name is wrong');
    const kind = cursor.number('u8');
    if (kind !== 0 && kind !== 1) throw invalid('a tensor is of a type that is not known here');
    const elements = cursor.u32();
    const offset = cursor.count(fileBytes, 'bytes before a tensor');
    const bytes = cursor.count(fileBytes, 'bytes in a tensor');
    const expected = kind === 0 ? elements * 4 : (elements / blockElements) * blockBytes;
    if (elements === 0 || bytes !== expected) throw invalid('a tensor has not the size it states');
    if (offset + bytes > fileBytes) throw invalid('a tensor lies outside the file');
    tensors.set(name, { name, type: kind === 0 ? 'F32' : 'Q4_0', elements, offset, bytes });
  }
  return tensors;
}

function between(value: number, least: number, limit: number, what: string): number {
  if (value < least || value > limit) throw invalid(`its ${what} is out of bounds`);
  return value;
}

function numbers(
  cursor: ByteCursor,
  count: number,
  read: (view: DataView, at: number) => number,
): Float64Array {
  const bytes = cursor.take(4 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, i) => read(view, 4 * i));
}
