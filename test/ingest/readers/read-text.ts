import { layOut } from '../../../src/ingest/block.js';
import type { Reader, StatedMeta } from '../../../src/ingest/reader.js';

/** What a reader makes of the first document of a file, as meta and laid-out text. */
export async function readText(
  reader: Reader,
  bytes: Uint8Array | string,
): Promise<{ meta: StatedMeta | undefined; text: string }> {
  const { documents } = await reader.read(Buffer.from(bytes), { path: 'a' });
  return { meta: documents[0]?.meta, text: layOut(documents[0]?.blocks ?? []).text };
}
