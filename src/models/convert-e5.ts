import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { KakehashiError, throwIfAborted } from '../errors.js';
import { type E5File, type E5Shape, type E5Tensor, readE5File } from './e5s1.js';
import { encodeGgufHeader, type WritableGgufValue, type WritableTensor } from './gguf-write.js';

// llama.cpp's token attributes: `enum llama_token_type` in llama.h.
const normalToken = 1;
const unknownToken = 2;
const controlToken = 3;
const unusedToken = 5;
/** Score of a token that must never be chosen; as llama.cpp's own converter pads XLM-RoBERTa. */
const unusedScore = -10_000;
const meanPooling = 1;
const mostlyQ4 = 2;
const copyBytes = 1 << 20;

/**
 * Converts the `E5S1` file at `sourcePath` to GGUF (architecture `bert`, mean pooling) at
 * `targetPath`, copying weights in pieces of 1 MB. The same source gives the same bytes. Nothing
 * is left at `targetPath` when it fails. Throws `model.invalid` for a damaged source.
 */
export async function convertE5ToGguf(
  sourcePath: string,
  targetPath: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const unfinished = `${targetPath}.tmp`;
  try {
    await using source = await open(sourcePath, 'r');
    const e5 = await readE5File(source);
    const planned = planTensors(e5);
    const header = encodeGgufHeader(
      metadataOf(e5),
      planned.map(({ target }) => target),
    );
    {
      await using target = await open(unfinished, 'w');
      await target.write(header.bytes, 0, header.bytes.length, 0);
      for (const [i, { tensor }] of planned.entries()) {
        const place = header.tensors[i];
        if (place === undefined) break;
        throwIfAborted(options.signal);
        await copyRange(source, tensor, target, header.bytes.length + place.offset);
      }
      await target.sync();
    }
    await rename(unfinished, targetPath);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function metadataOf(e5: E5File): [string, WritableGgufValue][] {
  const { shape } = e5;
  const { tokens, scores, types } = vocabularyOf(e5);
  const text = (value: string): WritableGgufValue => ({ type: 'string', value });
  const count = (value: number): WritableGgufValue => ({ type: 'u32', value });
  const flag = (value: boolean): WritableGgufValue => ({ type: 'bool', value });
  return [
    ['general.architecture', text('bert')],
    ['general.type', text('model')],
    ['general.name', text('multilingual-e5-small')],
    ['general.license', text('mit')],
    ['general.file_type', count(mostlyQ4)],
    ['general.quantization_version', count(2)],
    ['bert.block_count', count(shape.layers)],
    ['bert.context_length', count(shape.positions)],
    ['bert.embedding_length', count(shape.hidden)],
    ['bert.feed_forward_length', count(shape.feedForward)],
    ['bert.attention.head_count', count(shape.heads)],
    ['bert.attention.layer_norm_epsilon', { type: 'f32', value: shape.epsilon }],
    ['bert.attention.causal', flag(false)],
    ['bert.pooling_type', count(meanPooling)],
    ['tokenizer.ggml.model', text('t5')],
    ['tokenizer.ggml.pre', text('default')],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens }],
    ['tokenizer.ggml.scores', { type: 'f32s', value: scores }],
    ['tokenizer.ggml.token_type', { type: 'i32s', value: types }],
    ['tokenizer.ggml.token_type_count', count(shape.types)],
    ['tokenizer.ggml.bos_token_id', count(shape.bos)],
    ['tokenizer.ggml.eos_token_id', count(shape.eos)],
    ['tokenizer.ggml.seperator_token_id', count(shape.eos)], // llama.cpp's own spelling
    ['tokenizer.ggml.padding_token_id', count(shape.padding)],
    ['tokenizer.ggml.unknown_token_id', count(shape.unknown)],
    ['tokenizer.ggml.add_bos_token', flag(true)],
    ['tokenizer.ggml.add_eos_token', flag(true)],
    ['tokenizer.ggml.add_space_prefix', flag(true)],
    ['tokenizer.ggml.remove_extra_whitespaces', flag(true)],
  ];
}

/** Pieces first, then unused tokens up to the rows of the embedding table. */
function vocabularyOf({ shape, pieces, scores }: E5File) {
  const padded = shape.vocabulary - pieces.length;
  const unused = Array.from({ length: padded }, (_, i) => Buffer.from(`<unused${i}>`));
  const types = new Int32Array(shape.vocabulary).fill(unusedToken);
  types.fill(normalToken, 0, pieces.length);
  for (const id of [shape.bos, shape.eos, shape.padding]) types[id] = controlToken;
  const mask = pieces.findLastIndex((piece) => Buffer.from(piece).equals(Buffer.from('<mask>')));
  if (mask !== -1) types[mask] = controlToken;
  types[shape.unknown] = unknownToken;
  const allScores = new Float32Array(shape.vocabulary).fill(unusedScore);
  allScores.set(scores);
  return { tokens: [...pieces, ...unused], scores: allScores, types };
}

type PlannedTensor = { tensor: E5Tensor; target: WritableTensor };

/** Pairs each tensor with its name and dimensions in GGUF; one missing or misshapen is refused. */
function planTensors({ shape, tensors }: E5File): PlannedTensor[] {
  return tensorNames(shape).map(([from, to, dimensions]) => {
    const tensor = tensors.get(from);
    const elements = dimensions.reduce((product, size) => product * size, 1);
    const isVector = dimensions.length === 1;
    if (
      tensor === undefined ||
      tensor.elements !== elements ||
      (isVector && tensor.type !== 'F32')
    ) {
      throw new KakehashiError('model.invalid', 'A tensor of the embedding model is missing.', {
        remedy: 'Remove the file and pull the model again.',
        detail: { tensor: from },
      });
    }
    return { tensor, target: { name: to, dimensions, type: tensor.type } };
  });
}

function tensorNames(shape: E5Shape): [from: string, to: string, dimensions: number[]][] {
  const { hidden, feedForward } = shape;
  const names: [string, string, number[]][] = [
    ['emb.word', 'token_embd.weight', [hidden, shape.vocabulary]],
    ['emb.pos', 'position_embd.weight', [hidden, shape.positions]],
    ['emb.type', 'token_types.weight', [hidden, shape.types]],
    ['emb.ln.w', 'token_embd_norm.weight', [hidden]],
    ['emb.ln.b', 'token_embd_norm.bias', [hidden]],
  ];
  const parts: [string, string, number[]][] = [
    ['q', 'attn_q', [hidden, hidden]],
    ['k', 'attn_k', [hidden, hidden]],
    ['v', 'attn_v', [hidden, hidden]],
    ['ao', 'attn_output', [hidden, hidden]],
    ['aln', 'attn_output_norm', [hidden]],
    ['fi', 'ffn_up', [hidden, feedForward]],
    ['fo', 'ffn_down', [feedForward, hidden]],
    ['oln', 'layer_output_norm', [hidden]],
  ];
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const [from, to, dimensions] of parts) {
      const rows = dimensions.at(-1) ?? 0;
      names.push([`l${layer}.${from}.w`, `blk.${layer}.${to}.weight`, dimensions]);
      names.push([`l${layer}.${from}.b`, `blk.${layer}.${to}.bias`, [rows]]);
    }
  }
  return names;
}

async function copyRange(
  source: FileHandle,
  { offset, bytes }: E5Tensor,
  target: FileHandle,
  position: number,
): Promise<void> {
  const chunk = Buffer.alloc(Math.min(bytes, copyBytes));
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await source.read(
      chunk,
      0,
      Math.min(chunk.length, bytes - done),
      offset + done,
    );
    if (bytesRead === 0) {
      throw new KakehashiError('model.invalid', 'The embedding model ends early.', {
        remedy: 'Remove the file and pull the model again.',
      });
    }
    await target.write(chunk, 0, bytesRead, position + done);
    done += bytesRead;
  }
}
