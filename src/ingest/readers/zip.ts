import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { KakehashiError } from '../../errors.js';

/** What an office file may unpack to; a bomb is stopped while it is counted, not after. */
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 500 * 1024 * 1024;
/** Deflate itself ends at about 1032:1; text of documents stays far below this. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 1024 * 1024;

export type Unzipped = {
  /** Names of the entries, in the order of the file. */
  names: readonly string[];
  /** UTF-8 text of an entry, null when it is not there. Errors: `ingest.too_large`, `ingest.read_failed`. */
  text(name: string): Promise<string | null>;
};

/**
 * Opens a ZIP file in memory; nothing is unpacked that is not asked for, nothing is written. Errors:
 * `ingest.read_failed`, `ingest.too_large`.
 */
export async function unzip(bytes: Uint8Array): Promise<Unzipped> {
  const zip = await open(bytes);
  const entries = await listEntries(zip);
  let unpacked = 0;
  return {
    names: [...entries.keys()],
    async text(name) {
      const entry = entries.get(name);
      if (entry === undefined) return null;
      const chunks: Buffer[] = [];
      let size = 0;
      const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        zip.openReadStream(entry, (error, opened) =>
          error ? reject(damaged(error)) : resolve(opened),
        );
      });
      try {
        for await (const chunk of stream) {
          const part = chunk as Buffer;
          size += part.length;
          unpacked += part.length;
          const ratio = size / Math.max(1, entry.compressedSize);
          if (unpacked > MAX_BYTES || (size > RATIO_FROM_BYTES && ratio > MAX_RATIO))
            throw tooLarge();
          chunks.push(part);
        }
      } catch (error) {
        throw error instanceof KakehashiError ? error : damaged(error);
      }
      return new TextDecoder().decode(Buffer.concat(chunks));
    },
  };
}

/** Compound files: what office programs wrote before ZIP, and write around an encrypted file. */
const COMPOUND = Buffer.from('d0cf11e0a1b11ae1', 'hex');

function open(bytes: Uint8Array): Promise<ZipFile> {
  if (COMPOUND.equals(bytes.subarray(0, COMPOUND.length))) {
    throw new KakehashiError('ingest.read_failed', 'The file is encrypted, or of an old format.', {
      remedy: 'Save it without a password, in the format that its name says.',
    });
  }
  return new Promise((resolve, reject) => {
    // Names with `..`, absolute ones and wrong sizes are refused by the library itself.
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true };
    fromBuffer(Buffer.from(bytes), options, (error, zip) =>
      error ? reject(damaged(error)) : resolve(zip),
    );
  });
}

function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    let stated = 0;
    zip.on('entry', (entry: Entry) => {
      stated += entry.uncompressedSize;
      if (entries.size >= MAX_ENTRIES || stated > MAX_BYTES) reject(tooLarge());
      else {
        entries.set(entry.fileName, entry);
        zip.readEntry();
      }
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error) => reject(damaged(error)));
    zip.readEntry();
  });
}

function tooLarge(): KakehashiError {
  return new KakehashiError('ingest.too_large', 'The file unpacks to far more than it holds.', {
    remedy: 'Split it, or save it again from its original.',
  });
}

function damaged(cause: unknown): KakehashiError {
  return new KakehashiError('ingest.read_failed', 'The file is damaged.', {
    remedy: 'Save it again from its original.',
    cause,
  });
}
