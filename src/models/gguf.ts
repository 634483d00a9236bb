import { open } from 'node:fs/promises';
import { KakehashiError } from '../errors.js';
import { ByteCursor, RanShort } from './byte-cursor.js';
import { ggmlTypes, ggufValueTypes } from './gguf-types.js';

/**
 * A strict reader of GGUF headers. Files are checked here before a native parser sees them: that
 * parser has had heap overflows from crafted headers (CVE-2024-21802, CVE-2025-53630,
 * CVE-2026-27940), so every count, length, dimension and offset is bounded first. Format:
 * ggml's docs/gguf.md, little-endian, versions 2 and 3.
 */

export type GgufScalar = number | bigint | boolean | string;
/** `values` is kept for short arrays only; a vocabulary of 150,000 strings is just counted. */
export type GgufArray = {
  elementType: string;
  length: number;
  values: readonly GgufScalar[] | null;
};
export type GgufValue = { type: string; value: GgufScalar } | { type: 'array'; value: GgufArray };

export type GgufTensor = {
  name: string;
  /** Innermost first, as in the file. */
  dimensions: readonly number[];
  /** `F32`, `Q4_0`, … */
  type: string;
  /** From the start of the file. */
  offset: number;
  bytes: number;
};

export type GgufHeader = {
  version: number;
  metadata: ReadonlyMap<string, GgufValue>;
  tensors: readonly GgufTensor[];
  alignment: number;
  /** Where tensor data begins, from the start of the file. */
  dataOffset: number;
  fileBytes: number;
};

/** Bounds of what is believed. Real chat models have under 1,000 tensors and 60 keys. */
export type GgufLimits = {
  tensors: number;
  keys: number;
  keyBytes: number;
  stringBytes: number;
  arrayLength: number;
  /** Longest array whose values are kept. */
  keptArrayLength: number;
  headerBytes: number;
};

export const defaultGgufLimits: GgufLimits = {
  tensors: 16_384,
  keys: 2_048,
  keyBytes: 256,
  stringBytes: 1 << 20,
  arrayLength: 4_000_000,
  keptArrayLength: 1_024,
  headerBytes: 128 << 20,
};

// GGML_MAX_NAME is 64 with its closing zero, GGML_MAX_DIMS is 4.
const maxNameBytes = 63;
const maxDimensions = 4;
const defaultAlignment = 32;
const maxAlignment = 4_096;
const firstReadBytes = 1 << 20;

function invalid(why: string): KakehashiError {
  return new KakehashiError('model.invalid', `This is not a usable GGUF file: ${why}.`, {
    remedy: 'Get the file again from where it was made; it is damaged or of another format.',
  });
}

/**
 * Reads and checks the header of the GGUF file at `path` without reading its weights. Throws
 * `model.invalid` for anything that is malformed, absurd or points outside the file, and the
 * system's own error when the file cannot be read.
 */
export async function readGgufHeader(
  path: string,
  limits: Partial<GgufLimits> = {},
): Promise<GgufHeader> {
  const bounds = { ...defaultGgufLimits, ...limits };
  await using file = await open(path, 'r');
  const fileBytes = (await file.stat()).size;
  // The header's length is not stated in it: read a little, and four times more when it ran short.
  for (let size = firstReadBytes; ; size *= 4) {
    const length = Math.min(size, fileBytes, bounds.headerBytes);
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, 0);
    try {
      return parseGgufHeader(bytes.subarray(0, bytesRead), fileBytes, bounds);
    } catch (error) {
      if (!(error instanceof RanShort)) throw error;
      if (length >= fileBytes) throw invalid('it ends inside its header');
      if (length >= bounds.headerBytes) throw invalid('its header is too long');
    }
  }
}

/**
 * The same check on bytes in memory: `bytes` is the beginning of a file of `fileBytes` bytes.
 * Throws `RanShort` when `bytes` ends inside the header, otherwise as `readGgufHeader`.
 */
export function parseGgufHeader(
  bytes: Uint8Array,
  fileBytes: number,
  limits: GgufLimits = defaultGgufLimits,
): GgufHeader {
  const cursor = new ByteCursor(bytes, invalid);
  if (cursor.ascii(4) !== 'GGUF') throw invalid('it does not begin with GGUF');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) throw invalid('its version is not 2 or 3');
  const tensorCount = cursor.count(limits.tensors, 'tensors');
  const keyCount = cursor.count(limits.keys, 'metadata keys');

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.text(limits.keyBytes, 'a metadata key');
    if (!/^[\x21-\x7e]+$/.test(key)) throw invalid('a metadata key is not plain ASCII');
    if (metadata.has(key)) throw invalid('a metadata key stands there twice');
    metadata.set(key, readValue(cursor, limits));
  }

  const alignment = readAlignment(metadata);
  const found = new Map<string, Omit<GgufTensor, 'offset'>>();
  let expected = 0;
  const relative: number[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const tensor = readTensor(cursor);
    if (found.has(tensor.name)) throw invalid('a tensor name stands there twice');
    // ggml accepts tensors only one after the other, each padded to the alignment.
    const offset = cursor.count(Number.MAX_SAFE_INTEGER, 'bytes before a tensor');
    if (offset !== expected) throw invalid('a tensor does not follow the one before it');
    found.set(tensor.name, tensor);
    relative.push(offset);
    expected += align(tensor.bytes, alignment);
    if (offset + tensor.bytes > fileBytes) throw invalid('a tensor lies outside the file');
  }

  const dataOffset = align(cursor.position, alignment);
  const tensors = [...found.values()].map((tensor, i) => {
    const offset = dataOffset + (relative[i] ?? 0);
    if (offset + tensor.bytes > fileBytes) throw invalid('a tensor lies outside the file');
    return { ...tensor, offset };
  });
  return { version, metadata, tensors, alignment, dataOffset, fileBytes };
}

function readTensor(cursor: ByteCursor): Omit<GgufTensor, 'offset'> {
  const name = cursor.text(maxNameBytes, 'a tensor name');
  if (!/^[\x21-\x7e]+$/.test(name)) throw invalid('a tensor name is not plain ASCII');
  const dimensionCount = cursor.u32();
  if (dimensionCount < 1 || dimensionCount > maxDimensions) {
    throw invalid('a tensor has not 1 to 4 dimensions');
  }
  const dimensions: number[] = [];
  let elements = 1;
  for (let d = 0; d < dimensionCount; d++) {
    const size = cursor.count(Number.MAX_SAFE_INTEGER, 'elements of a tensor');
    if (size === 0) throw invalid('a tensor has an empty dimension');
    elements *= size;
    if (!Number.isSafeInteger(elements)) throw invalid('a tensor is too large');
    dimensions.push(size);
  }
  const type = ggmlTypes.get(cursor.u32());
  if (type === undefined) throw invalid('a tensor is of a type that is not known here');
  if ((dimensions[0] ?? 0) % type.blockElements !== 0) {
    throw invalid('the rows of a tensor do not fill whole blocks');
  }
  const bytes = (elements / type.blockElements) * type.blockBytes;
  if (!Number.isSafeInteger(bytes)) throw invalid('a tensor is too large');
  return { name, dimensions, type: type.name, bytes };
}

function readValue(cursor: ByteCursor, limits: GgufLimits): GgufValue {
  const type = valueType(cursor.u32());
  if (type !== 'array') return { type, value: readScalar(cursor, type, limits) };
  const elementType = valueType(cursor.u32());
  if (elementType === 'array') throw invalid('an array holds arrays');
  const length = cursor.count(limits.arrayLength, 'array elements');
  const kept: GgufScalar[] | null = length <= limits.keptArrayLength ? [] : null;
  for (let i = 0; i < length; i++) {
    if (kept !== null) kept.push(readScalar(cursor, elementType, limits));
    else if (elementType === 'string') cursor.take(cursor.count(limits.stringBytes, 'bytes'));
    else cursor.number(elementType);
  }
  return { type, value: { elementType, length, values: kept } };
}

type ScalarType = Exclude<(typeof ggufValueTypes)[number], 'array'>;

function valueType(id: number): (typeof ggufValueTypes)[number] {
  const type = ggufValueTypes[id];
  if (type === undefined) throw invalid('a metadata value is of a type that does not exist');
  return type;
}

function readScalar(cursor: ByteCursor, type: ScalarType, limits: GgufLimits): GgufScalar {
  if (type !== 'string') return cursor.number(type);
  return cursor.text(limits.stringBytes, 'a metadata string', { mayBeEmpty: true });
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const stated = metadata.get('general.alignment');
  if (stated === undefined) return defaultAlignment;
  const { type, value } = stated;
  const fits = type === 'u32' && typeof value === 'number' && value >= 8 && value <= maxAlignment;
  if (!fits || (value & (value - 1)) !== 0) throw invalid('its alignment is not a power of two');
  return value;
}

/** `size` rounded up to a multiple of `alignment`. */
export function align(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}

/** The string at `key`, or null when it is missing or not a string. */
export function ggufString(header: GgufHeader, key: string): string | null {
  const value = header.metadata.get(key)?.value;
  return typeof value === 'string' ? value : null;
}

/** The number at `key`, or null when it is missing, not a number or not exact. */
export function ggufNumber(header: GgufHeader, key: string): number | null {
  const value = header.metadata.get(key)?.value;
  return typeof value === 'number' ? value : null;
}
