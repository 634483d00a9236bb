import { fileTooLarge } from '../reader.js';

/** The bytes of a stream, at most so many. Errors: `ingest.too_large`, and those of the stream. */
export async function readBody(
  parts: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const part of parts) {
    size += part.length;
    if (size > maxBytes) throw fileTooLarge(size, maxBytes);
    kept.push(part);
  }
  return Buffer.concat(kept);
}
