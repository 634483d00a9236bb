import { createHash } from 'node:crypto';
import { KakehashiError } from '../errors.js';
import { AccessTag, type Passage, type StoredDocument } from '../store/passage.js';
import { layOut, type PlacedBlock } from './block.js';
import { CHUNKER_VERSION, type Chunk } from './chunk.js';
import { cleanLine } from './clean.js';
import type { Corpus } from './corpus.js';
import { detectLanguage } from './language.js';
import type { RawDocument } from './reader.js';
import { type PersonalCounts, protect } from './protect.js';
import { clip } from './sections.js';

/** A document ready to be compared with what is indexed, and to be cut. */
export type PreparedDocument = {
  document: StoredDocument;
  disclaimer: Passage['disclaimer'];
  blocks: PlacedBlock[];
  /** Personal data that was covered or allowed. */
  personal: PersonalCounts;
};

/**
 * Lays a document out and completes what it does not state: id from the path, title from the file
 * name, language by its letters, access and disclaimer from the corpus.
 *
 * Errors: `ingest.read_failed` for a document without text, with an ill-formed access tag, or with
 * an id that is too long; `ingest.personal_data` for what the corpus keeps out.
 */
export function prepareDocument(
  raw: RawDocument,
  {
    source,
    corpus,
  }: { source: string; corpus: Pick<Corpus, 'name' | 'settingsFor' | 'personalData'> },
): PreparedDocument {
  const laidOut = layOut(raw.blocks);
  const { text, counts: personal } = protect(laidOut.text, corpus.personalData);
  const covered = (line: string) => protect(line, corpus.personalData).text;
  const blocks = laidOut.blocks.map((block) => ({ ...block, title: covered(block.title) }));
  if (!/[\p{L}\p{N}]/u.test(text)) {
    throw new KakehashiError('ingest.read_failed', 'The document holds no text.', {
      remedy: 'Fill it, or take it out of the documents folder.',
    });
  }
  const settings = corpus.settingsFor(source);
  const { meta } = raw;
  for (const tag of meta.access ?? []) {
    if (!AccessTag.safeParse(tag).success) {
      throw new KakehashiError(
        'ingest.read_failed',
        'The document states an access tag that is none.',
        {
          remedy: 'Write tags as group:NAME (letters, digits, - _ .), several of them as a list.',
          detail: { withdraws: true },
        },
      );
    }
  }
  const id = cleanLine(meta.id ?? source);
  if (id === '' || id.length > 512) {
    throw new KakehashiError(
      'ingest.read_failed',
      'The id of the document is empty or over 512 characters.',
      {
        remedy: 'Give it an id in its front matter, or a shorter path.',
      },
    );
  }
  const document: Omit<StoredDocument, 'revision'> = {
    corpus: corpus.name,
    id,
    title: clip(covered(cleanLine(meta.title ?? '')), 300) || titleOf(source),
    language: meta.language ?? detectLanguage(text),
    access: [...new Set(meta.access ?? settings.access)].toSorted(),
    updated: meta.updated ?? null,
    supersededBy: meta.supersededBy === undefined ? null : cleanLine(meta.supersededBy),
    url: meta.url ?? null,
    source,
    text,
  };
  // The place in the folder is no part of a revision: a document with an id may move.
  const { source: _source, ...content } = document;
  const revision = sha256(JSON.stringify([CHUNKER_VERSION, settings.disclaimer, content])).slice(
    0,
    16,
  );
  return {
    document: { ...document, revision },
    disclaimer: settings.disclaimer,
    blocks,
    personal,
  };
}

/**
 * The passages of a document. An id comes from the content and its count among equal contents, so
 * that a passage keeps it when something before it grows.
 */
export function passagesOf(prepared: PreparedDocument, chunks: readonly Chunk[]): Passage[] {
  const { document, disclaimer } = prepared;
  const seen = new Map<string, number>();
  return chunks.map(({ tokens: _tokens, ...chunk }, position) => {
    const content = JSON.stringify([chunk.section, chunk.context, chunk.text]);
    const count = seen.get(content) ?? 0;
    seen.set(content, count + 1);
    return {
      id: `${document.id}#${sha256(`${content}${count}`).slice(0, 16)}`,
      documentId: document.id,
      revision: document.revision,
      title: document.title,
      ...chunk,
      position,
      language: document.language,
      access: document.access,
      updated: document.updated,
      supersededBy: document.supersededBy,
      disclaimer,
    };
  });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function titleOf(source: string): string {
  const name = source.split('/').at(-1) ?? source;
  return (
    name
      .replace(/\.[^.]+$/u, '')
      .replace(/[_-]+/gu, ' ')
      .trim() || name
  );
}
