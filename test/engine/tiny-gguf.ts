/**
 * Model files with random weights, small enough to be written by a test: the child process is then
 * tested for real, with no download. What they say is noise; how they are handled is not.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSeeded } from '../../src/adapters/data/seeded.js';

type Value =
  | { u32: number }
  | { i32: number[] }
  | { f32: number }
  | { f32s: number[] }
  | { bool: boolean }
  | { string: string }
  | { strings: string[] };

type Tensor = { name: string; shape: number[]; data: Float32Array };
export type ModelFile = { path: string; sha256: string };

const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const ALIGNMENT = 32;

/** GGUF version 3, all tensors F32. */
export function writeGguf(path: string, metadata: Record<string, Value>, tensors: Tensor[]) {
  const parts: Buffer[] = [];
  const u32 = (value: number) => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    parts.push(buffer);
  };
  const u64 = (value: number) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    parts.push(buffer);
  };
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'utf8');
    u64(bytes.length);
    parts.push(bytes);
  };
  const list = (type: number, length: number) => {
    u32(TYPES.array);
    u32(type);
    u64(length);
  };
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    if ('u32' in value) {
      u32(TYPES.u32);
      u32(value.u32);
    } else if ('f32' in value) {
      u32(TYPES.f32);
      parts.push(Buffer.from(Float32Array.of(value.f32).buffer));
    } else if ('bool' in value) {
      u32(TYPES.bool);
      parts.push(Buffer.of(value.bool ? 1 : 0));
    } else if ('string' in value) {
      u32(TYPES.string);
      text(value.string);
    } else if ('strings' in value) {
      list(TYPES.string, value.strings.length);
      value.strings.forEach(text);
    } else if ('i32' in value) {
      list(TYPES.i32, value.i32.length);
      parts.push(Buffer.from(Int32Array.from(value.i32).buffer));
    } else {
      list(TYPES.f32, value.f32s.length);
      parts.push(Buffer.from(Float32Array.from(value.f32s).buffer));
    }
  }
  const padded = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  let offset = 0;
  for (const tensor of tensors) {
    text(tensor.name);
    u32(tensor.shape.length);
    tensor.shape.forEach(u64);
    u32(0);
    u64(offset);
    offset += padded(tensor.data.byteLength);
  }
  const head = Buffer.concat(parts);
  const body = tensors.map(({ data }) => {
    const bytes = Buffer.alloc(padded(data.byteLength));
    Buffer.from(data.buffer).copy(bytes);
    return bytes;
  });
  const file = Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length), ...body]);
  writeFileSync(path, file);
  return { path, sha256: createHash('sha256').update(file).digest('hex') };
}

function tensorMaker(seed: number) {
  const { random } = createSeeded(seed);
  return {
    weight: (name: string, shape: number[], scale: number): Tensor => ({
      name,
      shape,
      data: Float32Array.from(
        { length: shape.reduce((a, b) => a * b) },
        () => (2 * random() - 1) * scale,
      ),
    }),
    constant: (name: string, length: number, value: number): Tensor => ({
      name,
      shape: [length],
      data: new Float32Array(length).fill(value),
    }),
  };
}

const WIDTH = 64;
const FEED = 128;
const LAYERS = 2;
const KEY_VALUE_WIDTH = 32;
const LINEARS = {
  attn_q: [WIDTH, WIDTH],
  attn_k: [WIDTH, KEY_VALUE_WIDTH],
  attn_v: [WIDTH, KEY_VALUE_WIDTH],
  attn_output: [WIDTH, WIDTH],
  ffn_gate: [WIDTH, FEED],
  ffn_up: [WIDTH, FEED],
  ffn_down: [FEED, WIDTH],
} as const;

/** The printable stand-ins of the 256 bytes, as byte-level BPE vocabularies write them. */
function byteTokens(): string[] {
  const shown = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    if (shown(byte)) return String.fromCodePoint(byte);
    next += 1;
    return String.fromCodePoint(next - 1);
  });
}

/**
 * A qwen2 model over single bytes with ChatML marks. Its first dimension is a constant that steers
 * the output towards ASCII letters and away from ending, so that answers are long and readable.
 */
export function writeTinyChatModel(folder: string): ModelFile {
  const { weight, constant } = tensorMaker(1);
  const marks = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  const tokens = [...byteTokens(), ...marks, 'th'];
  const embedding = weight('token_embd.weight', [WIDTH, tokens.length], 1);
  const output = weight('output.weight', [WIDTH, tokens.length], 1);
  tokens.forEach((token, index) => {
    embedding.data[index * WIDTH] = 12;
    output.data[index * WIDTH] = /^[a-z]$/u.test(token) ? 2 : -2;
  });
  const blocks = Array.from({ length: LAYERS }, (_, layer) => [
    constant(`blk.${layer}.attn_norm.weight`, WIDTH, 1),
    constant(`blk.${layer}.ffn_norm.weight`, WIDTH, 1),
    constant(`blk.${layer}.attn_q.bias`, WIDTH, 0),
    constant(`blk.${layer}.attn_k.bias`, KEY_VALUE_WIDTH, 0),
    constant(`blk.${layer}.attn_v.bias`, KEY_VALUE_WIDTH, 0),
    ...Object.entries(LINEARS).map(([name, shape]) =>
      weight(`blk.${layer}.${name}.weight`, [...shape], 0.2),
    ),
  ]).flat();
  return writeGguf(
    join(folder, 'tiny-chat.gguf'),
    {
      'general.architecture': { string: 'qwen2' },
      'general.name': { string: 'tiny' },
      'qwen2.block_count': { u32: LAYERS },
      'qwen2.context_length': { u32: 8192 },
      'qwen2.embedding_length': { u32: WIDTH },
      'qwen2.feed_forward_length': { u32: FEED },
      'qwen2.attention.head_count': { u32: 4 },
      'qwen2.attention.head_count_kv': { u32: 2 },
      'qwen2.attention.layer_norm_rms_epsilon': { f32: 1e-6 },
      'qwen2.rope.freq_base': { f32: 10_000 },
      'tokenizer.ggml.model': { string: 'gpt2' },
      'tokenizer.ggml.pre': { string: 'qwen2' },
      'tokenizer.ggml.tokens': { strings: tokens },
      'tokenizer.ggml.token_type': { i32: tokens.map((token) => (marks.includes(token) ? 3 : 1)) },
      'tokenizer.ggml.merges': { strings: ['t h'] },
      'tokenizer.ggml.eos_token_id': { u32: 258 },
      'tokenizer.ggml.padding_token_id': { u32: 256 },
      'tokenizer.ggml.add_bos_token': { bool: false },
    },
    [embedding, output, constant('output_norm.weight', WIDTH, 1), ...blocks],
  );
}

export type RandomAdapterShape = {
  architecture: string;
  layers: number;
  /** Input and output width of each linear that is adapted. */
  linears: Readonly<Record<string, readonly [number, number]>>;
  /** Size of the random weights; how much the adapter changes. */
  scale: number;
};

/** A LoRA of rank 2 with random weights for any model. */
export function writeRandomAdapter(path: string, shape: RandomAdapterShape): ModelFile {
  const { weight } = tensorMaker(7);
  const rank = 2;
  const pairs = Array.from({ length: shape.layers }, (_, layer) =>
    Object.entries(shape.linears).flatMap(([linear, [input, output]]) => [
      weight(`blk.${layer}.${linear}.weight.lora_a`, [input, rank], shape.scale),
      weight(`blk.${layer}.${linear}.weight.lora_b`, [rank, output], shape.scale),
    ]),
  ).flat();
  return writeGguf(
    path,
    {
      'general.type': { string: 'adapter' },
      'general.architecture': { string: shape.architecture },
      'adapter.type': { string: 'lora' },
      'adapter.lora.alpha': { f32: 4 },
    },
    pairs,
  );
}

/** An adapter for the tiny chat model, strong enough to change its words. */
export function writeTinyAdapter(folder: string): ModelFile {
  return writeRandomAdapter(join(folder, 'tiny-adapter.gguf'), {
    architecture: 'qwen2',
    layers: LAYERS,
    linears: LINEARS,
    scale: 0.5,
  });
}

/** A BERT embedding model (mean pooling, 512 positions) over single characters. */
export function writeTinyEmbedder(folder: string): ModelFile {
  const { weight, constant } = tensorMaker(3);
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));
  const special = ['<s>', '<pad>', '</s>', '<unk>'];
  const tokens = [...special, '▁', ...range(33, 126), ...range(0x3041, 0x30fe)];
  const norm = (name: string) => [
    constant(`${name}.weight`, WIDTH, 1),
    constant(`${name}.bias`, WIDTH, 0),
  ];
  const linear = (name: string, input: number, output: number) => [
    weight(`${name}.weight`, [input, output], 0.2),
    constant(`${name}.bias`, output, 0),
  ];
  const blocks = Array.from({ length: LAYERS }, (_, layer) => [
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) =>
      linear(`blk.${layer}.${name}`, WIDTH, WIDTH),
    ),
    ...linear(`blk.${layer}.ffn_up`, WIDTH, FEED),
    ...linear(`blk.${layer}.ffn_down`, FEED, WIDTH),
    ...norm(`blk.${layer}.attn_output_norm`),
    ...norm(`blk.${layer}.layer_output_norm`),
  ]).flat();
  return writeGguf(
    join(folder, 'tiny-embedder.gguf'),
    {
      'general.architecture': { string: 'bert' },
      'bert.block_count': { u32: LAYERS },
      'bert.context_length': { u32: 512 },
      'bert.embedding_length': { u32: WIDTH },
      'bert.feed_forward_length': { u32: FEED },
      'bert.attention.head_count': { u32: 4 },
      'bert.attention.layer_norm_epsilon': { f32: 1e-12 },
      'bert.attention.causal': { bool: false },
      'bert.pooling_type': { u32: 1 },
      'tokenizer.ggml.model': { string: 't5' },
      'tokenizer.ggml.tokens': { strings: tokens },
      'tokenizer.ggml.scores': { f32s: tokens.map((_, index) => (index < 4 ? 0 : -2)) },
      'tokenizer.ggml.token_type': {
        i32: tokens.map((token) => (token === '<unk>' ? 2 : special.includes(token) ? 3 : 1)),
      },
      'tokenizer.ggml.token_type_count': { u32: 2 },
      'tokenizer.ggml.bos_token_id': { u32: 0 },
      'tokenizer.ggml.padding_token_id': { u32: 1 },
      'tokenizer.ggml.eos_token_id': { u32: 2 },
      'tokenizer.ggml.unknown_token_id': { u32: 3 },
      'tokenizer.ggml.add_bos_token': { bool: true },
      'tokenizer.ggml.add_eos_token': { bool: true },
      'tokenizer.ggml.add_space_prefix': { bool: true },
      'tokenizer.ggml.remove_extra_whitespaces': { bool: true },
    },
    [
      weight('token_embd.weight', [WIDTH, tokens.length], 1),
      weight('position_embd.weight', [WIDTH, 512], 0.1),
      weight('token_types.weight', [WIDTH, 2], 0.1),
      ...norm('token_embd_norm'),
      ...blocks,
    ],
  );
}

/** All three files in `folder`. */
export function writeTinyModels(folder: string) {
  mkdirSync(folder, { recursive: true });
  return {
    chat: writeTinyChatModel(folder),
    adapter: writeTinyAdapter(folder),
    embedder: writeTinyEmbedder(folder),
  };
}
