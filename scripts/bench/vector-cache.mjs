import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** @typedef {Pick<import('../../dist/engine/engine.js').Embedder, 'embed'>} Embedder */

/**
 * Vectors by kind and text; a killed run goes on where it stopped.
 * @param {string} file
 * @param {Embedder} embedder
 */
export function openVectorCache(file, embedder) {
  const keyOf = (/** @type {string} */ text, /** @type {'query' | 'passage'} */ kind) =>
    sha1(`${kind}:${text}`);
  /** @type {Map<string, Float32Array>} */
  const known = new Map();
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const { key, vector } = JSON.parse(line);
      known.set(key, new Float32Array(new Uint8Array(Buffer.from(vector, 'base64')).buffer));
    }
  }
  return {
    /**
     * @param {string[]} texts
     * @param {'query' | 'passage'} kind
     */
    async fill(texts, kind) {
      const missing = texts.filter((text) => !known.has(keyOf(text, kind)));
      for (let from = 0; from < missing.length; from += 16) {
        const batch = missing.slice(from, from + 16);
        const made = await Promise.all(batch.map((text) => embedFitting(embedder, text, kind)));
        const lines = batch.map((text, i) => {
          const vector = made[i] ?? new Float32Array();
          known.set(keyOf(text, kind), vector);
          const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
          return JSON.stringify({ key: keyOf(text, kind), vector: bytes.toString('base64') });
        });
        appendFileSync(file, `${lines.join('\n')}\n`);
        process.stderr.write(`\r${kind} ${from + batch.length} of ${missing.length}`);
      }
      if (missing.length > 0) process.stderr.write('\n');
    },
    /**
     * @param {string} text
     * @param {'query' | 'passage'} kind
     */
    get(text, kind) {
      const vector = known.get(keyOf(text, kind));
      if (vector === undefined) throw new Error('a text was not embedded');
      return vector;
    },
  };
}

/**
 * A passage over the model's window counts with its beginning; indexed passages are cut to fit.
 * @param {Embedder} embedder
 * @param {string} text
 * @param {'query' | 'passage'} kind
 * @returns {Promise<Float32Array>}
 */
async function embedFitting(embedder, text, kind) {
  try {
    const [vector] = await embedder.embed([text], kind);
    if (vector === undefined) throw new Error('no vector came back');
    return vector;
  } catch (error) {
    const tooLong =
      error instanceof Error && 'code' in error && error.code === 'engine.prompt_too_long';
    if (!tooLong) throw error;
    return await embedFitting(embedder, text.slice(0, Math.floor(text.length * 0.9)), kind);
  }
}

/** @param {string} text */
function sha1(text) {
  return createHash('sha1').update(text).digest('hex');
}
