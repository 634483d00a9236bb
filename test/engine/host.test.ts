import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createLlamaEmbedder, createLlamaEngine } from '../../src/engine/host.js';
import { describeEmbedder, describeEngine } from './contract.js';
import { writeTinyModels } from './tiny-gguf.js';

const folder = mkdtempSync(join(tmpdir(), 'kakehashi-engine-'));
const models = writeTinyModels(folder);
const workerFile = join(import.meta.dirname, '../../dist/engine/worker.js');
const shared = { workerFile, threads: 1, gpu: false, queueLimit: 16 };
afterAll(() => rmSync(folder, { recursive: true }));

describeEngine('the child process', async () => ({
  engine: createLlamaEngine({
    ...shared,
    modelPath: models.chat.path,
    modelSha256: models.chat.sha256,
    adapters: [{ name: 'tone', ...models.adapter }],
    contextTokens: 1024,
    sequences: 2,
  }),
  adapter: 'tone',
  longTemperature: 1.5,
}));

describeEmbedder('the child process', async () =>
  createLlamaEmbedder({
    ...shared,
    modelPath: models.embedder.path,
    modelSha256: models.embedder.sha256,
    prefixes: { query: 'query: ', passage: 'passage: ' },
  }),
);
