import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { tryOut } from '../../src/adapters/try-out.js';
import { createLlamaEngine } from '../../src/engine/host.js';
import { DEFAULT_RESTART_POLICY } from '../../src/engine/restart-policy.js';
import { writeTinyAdapter, writeTinyChatModel } from '../engine/tiny-gguf.js';
import { type Crafted, craftAdapter } from './crafted.js';

// The header check would refuse these files; here the native parser gets them all the same, to see
// that whatever it does stays in the child.
const folder = mkdtempSync(join(tmpdir(), 'kakehashi-try-out-'));
const chat = writeTinyChatModel(folder);
afterAll(() => rmSync(folder, { recursive: true }));
vi.setConfig({ testTimeout: 90_000 });

function open(file: { path: string; sha256: string }) {
  return () =>
    createLlamaEngine({
      modelPath: chat.path,
      modelSha256: chat.sha256,
      adapters: [{ name: 'tiny', ...file }],
      contextTokens: 512,
      sequences: 1,
      threads: 1,
      gpu: false,
      queueLimit: 4,
      workerFile: join(import.meta.dirname, '../../dist/engine/worker.js'),
      restart: { ...DEFAULT_RESTART_POLICY, crashLimit: 1, firstDelayMs: 10 },
    });
}

function write(bytes: Buffer): { path: string; sha256: string } {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = join(folder, `${sha256}.gguf`);
  writeFileSync(path, bytes);
  return { path, sha256 };
}

const pair = (overrides: { name?: string; dimensions?: number[]; type?: string } = {}) => [
  { name: 'blk.0.attn_q.weight.lora_a', dimensions: [64, 2], type: 'F16', ...overrides },
  { name: 'blk.0.attn_q.weight.lora_b', dimensions: [2, 64], type: 'F16' },
];

const faults: Record<string, Crafted | Buffer> = {
  'tensors of three dimensions': { tensors: pair({ dimensions: [64, 2, 2] }) },
  'tensors of integer type': {
    tensors: pair().map((tensor) => ({ ...tensor, type: 'I32' })),
  },
  'a scale that is text': { tensors: pair(), alpha: { type: 'string', value: '16' } },
  'weights that are no numbers': { tensors: pair(), firstBytes: Buffer.from([0x00, 0x7e]) },
  'another architecture': { tensors: pair(), architecture: 'llama' },
  'a layer that the base lacks': {
    tensors: pair().map((tensor) => ({ ...tensor, name: tensor.name.replace('blk.0', 'blk.9') })),
  },
  'another width than the base': { tensors: pair({ dimensions: [32, 2] }) },
  'a name with another ending': { tensors: pair({ name: 'blk.0.attn_q.weight.lora_c' }) },
  'a cut end': { tensors: pair(), cutBytes: 64 },
  'no weights that change anything': { tensors: pair() },
  'no GGUF file': Buffer.from('not a model, by any reading of it'),
};

describe('tryOut in a real child', () => {
  it('passes a sound adapter', async () => {
    const tried = await tryOut('tiny', { open: open(writeTinyAdapter(folder)) }).catch(
      (error: unknown) => error,
    );
    // The tiny model babbles; what counts is that its adapter loads and changes the chances.
    expect(String(tried)).not.toMatch(/killed|no numbers|changes nothing/u);
  });

  for (const [fault, crafted] of Object.entries(faults)) {
    it(`survives ${fault}`, async () => {
      const file = write(Buffer.isBuffer(crafted) ? crafted : craftAdapter(crafted));
      await expect(tryOut('tiny', { open: open(file) })).rejects.toMatchObject({
        code: 'adapter.invalid',
      });
    });
  }
});
