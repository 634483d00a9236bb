import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { KakehashiError, throwIfAborted } from '../errors.js';
import type { FileSource } from './model-entry.js';
import { fileBytes } from './model-files.js';
import type { SourceContext, SourceTarget } from './source.js';

/**
 * Copies a file of this machine. A copy, not a link: a file that is mapped into memory must not
 * change under the engine. Throws `model.source_missing` when there is no such file and
 * `model.truncated` when it is shorter than the model.
 */
export async function copyFromFile(
  source: FileSource,
  target: SourceTarget,
  context: SourceContext,
): Promise<void> {
  const size = await fileBytes(source.path);
  if (size === null) {
    throw new KakehashiError('model.source_missing', 'The model file is not where it should be.', {
      remedy: 'Check the path of the model file.',
      detail: { path: source.path },
    });
  }
  if (target.bytes !== null && size < target.bytes) {
    throw new KakehashiError('model.truncated', 'The model file is shorter than the model.', {
      remedy: 'Copy the file to this machine again.',
      detail: { path: source.path, bytes: size, expectedBytes: target.bytes },
    });
  }
  await context.assertSpace(size);
  await using copy = await open(target.partPath, 'w');
  let bytes = 0;
  const stream = createReadStream(source.path, { highWaterMark: 1 << 20 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    throwIfAborted(context.signal);
    await copy.writeFile(chunk);
    bytes += chunk.length;
    context.onBytes(bytes, size);
  }
}
