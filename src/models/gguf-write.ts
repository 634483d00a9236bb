import { align } from './gguf.js';
import { ggmlTypes, ggufValueTypes } from './gguf-types.js';

export type WritableGgufValue =
  | { type: 'u32'; value: number }
  | { type: 'f32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; value: readonly Uint8Array[] }
  | { type: 'f32s'; value: readonly number[] | Float32Array }
  | { type: 'i32s'; value: readonly number[] | Int32Array };

export type WritableTensor = {
  name: string;
  /** Innermost first. */
  dimensions: readonly number[];
  /** `F32`, `Q4_0`, … as in `gguf-types.ts`. */
  type: string;
};

export type EncodedGgufHeader = {
  /** Everything before tensor data, padded up to it. */
  bytes: Buffer;
  /** Size and place of each tensor after those bytes, same order; gaps are filled with zeros. */
  tensors: readonly { offset: number; bytes: number }[];
};

const alignment = 32;

/**
 * The header of a GGUF file (version 3, alignment 32) and where its tensors go. The same input
 * gives the same bytes. Throws `RangeError` for a tensor type that is not known.
 */
export function encodeGgufHeader(
  metadata: readonly (readonly [key: string, value: WritableGgufValue])[],
  tensors: readonly WritableTensor[],
): EncodedGgufHeader {
  const chunks: Buffer[] = [
    Buffer.from('GGUF', 'ascii'),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
  ];
  for (const [key, value] of metadata) chunks.push(text(key), encodeValue(value));
  const placed: { offset: number; bytes: number }[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const { id, bytes } = measure(tensor);
    chunks.push(text(tensor.name), u32(tensor.dimensions.length));
    chunks.push(...tensor.dimensions.map(u64), u32(id), u64(offset));
    placed.push({ offset, bytes });
    offset += align(bytes, alignment);
  }
  const header = Buffer.concat(chunks);
  const padding = Buffer.alloc(align(header.length, alignment) - header.length);
  return { bytes: Buffer.concat([header, padding]), tensors: placed };
}

function measure(tensor: WritableTensor): { id: number; bytes: number } {
  for (const [id, type] of ggmlTypes) {
    if (type.name !== tensor.type) continue;
    const elements = tensor.dimensions.reduce((product, size) => product * size, 1);
    return { id, bytes: (elements / type.blockElements) * type.blockBytes };
  }
  throw new RangeError(`There is no tensor type ${tensor.type}.`);
}

function encodeValue({ type, value }: WritableGgufValue): Buffer {
  switch (type) {
    case 'u32':
      return Buffer.concat([typeId('u32'), u32(value)]);
    case 'f32':
      return Buffer.concat([
        typeId('f32'),
        fourBytes(4, (view) => view.setFloat32(0, value, true)),
      ]);
    case 'bool':
      return Buffer.concat([typeId('bool'), Buffer.from([value ? 1 : 0])]);
    case 'string':
      return Buffer.concat([typeId('string'), text(value)]);
    case 'strings':
      return array('string', value.length, texts(value));
    case 'f32s':
      return array(
        'f32',
        value.length,
        fourBytes(4 * value.length, (view) => {
          value.forEach((item, i) => view.setFloat32(4 * i, item, true));
        }),
      );
    case 'i32s':
      return array(
        'i32',
        value.length,
        fourBytes(4 * value.length, (view) => {
          value.forEach((item, i) => view.setInt32(4 * i, item, true));
        }),
      );
    default:
      return type satisfies never;
  }
}

function array(
  elementType: (typeof ggufValueTypes)[number],
  length: number,
  items: Buffer,
): Buffer {
  return Buffer.concat([typeId('array'), typeId(elementType), u64(length), items]);
}

function typeId(type: (typeof ggufValueTypes)[number]): Buffer {
  return u32(ggufValueTypes.indexOf(type));
}

function fourBytes(length: number, write: (view: DataView) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return bytes;
}

function u32(value: number): Buffer {
  return fourBytes(4, (view) => view.setUint32(0, value, true));
}

function u64(value: number): Buffer {
  return fourBytes(8, (view) => view.setBigUint64(0, BigInt(value), true));
}

/** One buffer for all: a vocabulary has 250,000 strings, and a buffer each would take 100 MB. */
function texts(values: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(values.reduce((sum, value) => sum + 8 + value.byteLength, 0));
  let at = 0;
  for (const value of values) {
    at = bytes.writeBigUInt64LE(BigInt(value.byteLength), at);
    bytes.set(value, at);
    at += value.byteLength;
  }
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
}
