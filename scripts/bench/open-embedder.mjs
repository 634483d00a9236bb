import { createLlamaEmbedder } from '../../dist/engine/host.js';
import { defaultEmbeddingModel } from '../../dist/models/manifest.js';
import { requireModel } from '../../dist/models/verify.js';

/**
 * The embedding model out of a folder of pulled ones, and how a store names it. Close it at the end.
 * @param {string} modelsDir
 * @param {{threads: number}} options
 */
export async function openEmbedder(modelsDir, { threads }) {
  const model = await requireModel(defaultEmbeddingModel, { modelsDir });
  const embedder = createLlamaEmbedder({
    modelPath: model.path,
    modelSha256: model.sha256,
    prefixes: defaultEmbeddingModel.prefixes ?? { query: '', passage: '' },
    threads,
    queueLimit: 64,
    // Machines where this runs are busy; a slow batch is no fault here.
    stallLimitMs: 600_000,
  });
  return { embedder, model: { name: defaultEmbeddingModel.name, sha256: model.sha256 } };
}
