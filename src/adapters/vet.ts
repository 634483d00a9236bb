import { open } from 'node:fs/promises';
import { isKakehashiError, KakehashiError } from '../errors.js';
import { type GgufTensor, ggufString, readGgufHeader } from '../models/gguf.js';
import type { Passport } from './passport.js';

const TENSOR_NAME =
  /^blk\.(\d{1,3})\.(attn_q|attn_k|attn_v|attn_output|ffn_gate|ffn_up|ffn_down)\.weight\.lora_([ab])$/u;
const TENSOR_TYPES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, Q8_0: 0 };
const LINEAR_NAME = /^(blk\.\d{1,3}\.[a-z_]+)\.weight$/u;
/** Adapters of this project have 9 MB; larger than this is no adapter. */
const MAX_BYTES = 512 * 1024 * 1024;

/** What an adapter must fit: the architecture of its base and the size of each linear layer. */
export type BaseShape = {
  architecture: string;
  /** `blk.0.attn_q` → inputs and outputs. */
  linears: ReadonlyMap<string, { inputs: number; outputs: number }>;
};

/** Reads the shape of a base model from its header; its weights are not read. */
export async function readBaseShape(modelPath: string): Promise<BaseShape> {
  const header = await readGgufHeader(modelPath);
  const linears = new Map<string, { inputs: number; outputs: number }>();
  for (const { name, dimensions } of header.tensors) {
    const key = LINEAR_NAME.exec(name)?.[1];
    const [inputs, outputs] = dimensions;
    if (key !== undefined && inputs !== undefined && outputs !== undefined) {
      linears.set(key, { inputs, outputs });
    }
  }
  return { architecture: ggufString(header, 'general.architecture') ?? '', linears };
}

/**
 * Checks an adapter file before a native parser sees it. In llama.cpp v0.5.0 tensors of three
 * dimensions or of integer type and a scale that is no number killed the process, non-finite weights
 * made it answer nonsense for ever, and another architecture, layer, shape, name or length was found
 * only while loading.
 *
 * Errors: `adapter.invalid` with the tensor or key at fault.
 */
export async function vetAdapterFile(
  path: string,
  passport: Passport,
  base: BaseShape,
): Promise<void> {
  const invalid = (fault: string) =>
    new KakehashiError('adapter.invalid', `Adapter "${passport.name}": ${fault}.`, {
      remedy: 'Convert the adapter again; the file is damaged or of another kind.',
    });
  const header = await readGgufHeader(path, { keys: 64, tensors: 4096 }).catch((error: unknown) => {
    throw isKakehashiError(error) ? invalid(error.message.replace(/\.$/u, '')) : error;
  });
  if (header.fileBytes > MAX_BYTES) throw invalid('the file is too large for an adapter');
  requireText(header.metadata.get('general.type'), 'adapter', 'general.type', invalid);
  requireText(header.metadata.get('adapter.type'), 'lora', 'adapter.type', invalid);
  const architecture = ggufString(header, 'general.architecture');
  if (architecture !== base.architecture) {
    throw invalid(`its architecture is "${architecture}", that of the base "${base.architecture}"`);
  }
  const alpha = header.metadata.get('adapter.lora.alpha');
  if (
    alpha?.type !== 'f32' ||
    !Number.isFinite(alpha.value) ||
    alpha.value !== passport.adapter.alpha
  ) {
    throw invalid('adapter.lora.alpha is not the finite number of the passport');
  }
  checkTensors(header.tensors, passport.adapter.rank, base, invalid);
  await checkFinite(path, header.tensors, invalid);
}

type Invalid = (fault: string) => KakehashiError;

function requireText(
  entry: { type: string; value: unknown } | undefined,
  expected: string,
  key: string,
  invalid: Invalid,
): void {
  if (entry?.type !== 'string' || entry.value !== expected) {
    throw invalid(`${key} is not "${expected}"`);
  }
}

function checkTensors(
  tensors: readonly GgufTensor[],
  rank: number,
  base: BaseShape,
  invalid: Invalid,
): void {
  if (tensors.length === 0) throw invalid('it holds no tensors');
  const halves = new Map<string, { a?: GgufTensor; b?: GgufTensor }>();
  for (const tensor of tensors) {
    const match = TENSOR_NAME.exec(tensor.name);
    if (match === null) throw invalid(`tensor "${tensor.name}" is none of a low-rank adapter`);
    if (!(tensor.type in TENSOR_TYPES)) throw invalid(`${tensor.name} has type ${tensor.type}`);
    if (tensor.dimensions.length !== 2) throw invalid(`${tensor.name} has not two dimensions`);
    const key = `blk.${match[1]}.${match[2]}`;
    const pair = halves.get(key) ?? {};
    if (match[3] === 'a') pair.a = tensor;
    else pair.b = tensor;
    halves.set(key, pair);
  }
  for (const [key, { a, b }] of halves) {
    if (a === undefined || b === undefined)
      throw invalid(`${key} has only one of its two matrices`);
    // Innermost first: A is input × rank, B is rank × output.
    if (a.dimensions[1] !== rank || b.dimensions[0] !== rank) {
      throw invalid(`${key} is not of rank ${rank}`);
    }
    const linear = base.linears.get(key);
    if (linear === undefined) throw invalid(`the base has no layer ${key}`);
    if (a.dimensions[0] !== linear.inputs || b.dimensions[1] !== linear.outputs) {
      throw invalid(
        `${key} maps ${a.dimensions[0]} to ${b.dimensions[1]} values, the base ${linear.inputs} to ${linear.outputs}`,
      );
    }
  }
}

/** Reads the weights once: a single NaN makes a model answer token 0 for ever. */
async function checkFinite(
  path: string,
  tensors: readonly GgufTensor[],
  invalid: Invalid,
): Promise<void> {
  await using file = await open(path, 'r');
  for (const tensor of tensors) {
    const width = TENSOR_TYPES[tensor.type] ?? 0;
    if (width === 0) continue;
    const bytes = Buffer.alloc(tensor.bytes);
    await file.read(bytes, 0, tensor.bytes, tensor.offset);
    // An exponent of all ones is infinite or no number: 8 bits in F32 and BF16, 5 in F16.
    const mask = tensor.type === 'F16' ? 0x7c00 : 0x7f80;
    for (let at = width - 2; at < bytes.length; at += width) {
      if ((bytes.readUInt16LE(at) & mask) === mask) {
        throw invalid(`${tensor.name} holds a value that is not finite`);
      }
    }
  }
}
