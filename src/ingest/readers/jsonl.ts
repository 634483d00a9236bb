import { z } from 'zod';
import { decodeText } from '../decode.js';
import type { RawDocument, Reader, ReadFailure } from '../reader.js';
import { statedMeta } from './front-matter.js';
import { markdownBlocks } from './markdown.js';
import { textBlocks } from './text.js';

export const jsonlReader: Reader = {
  name: 'jsonl',
  extensions: ['.jsonl', '.ndjson'],
  read: (bytes) => readJsonLines(decodeText(bytes)),
};

const Line = z.looseObject({
  id: z.string().min(1).max(512),
  title: z.string().optional(),
  text: z.string(),
  lang: z.string().optional(),
  access: z.union([z.array(z.string()), z.string()]).optional(),
  updated: z.string().nullish(),
  url: z.string().nullish(),
  superseded_by: z.string().nullish(),
});

/** One document a line. A bad line fails alone, by its number. */
export function readJsonLines(source: string): {
  documents: RawDocument[];
  failures: ReadFailure[];
} {
  const documents: RawDocument[] = [];
  const failures: ReadFailure[] = [];
  source.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const place = `line ${index + 1}`;
    const document = parseLine(line, place);
    if ('reason' in document) failures.push(document);
    else documents.push(document);
  });
  return { documents, failures };
}

function parseLine(line: string, place: string): RawDocument | ReadFailure {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { place, reason: 'The line is not valid JSON.', withdraws: ACCESS.test(line) };
  }
  return documentOf(value, place);
}

/** Of JSON that does not parse, or is no document. */
export const ACCESS = /"access"\s*:/u;

/** The document that a value is, or what is wrong with it. */
export function documentOf(value: unknown, place: string): RawDocument | ReadFailure {
  const parsed = Line.safeParse(value);
  if (parsed.success) {
    const { text } = parsed.data;
    const blocks = looksLikeMarkdown(text) ? markdownBlocks(text) : textBlocks(text);
    return { meta: statedMeta(parsed.data), blocks, place };
  }
  const issue = parsed.error.issues[0];
  const reason = `Field ${issue?.path.join('.') || '(whole)'}: ${issue?.message ?? 'invalid'}.`;
  return { place, reason, withdraws: ACCESS.test(JSON.stringify(value)) };
}

/** A heading, a table ruler, a fence or a bold word at a place where prose has none. */
function looksLikeMarkdown(text: string): boolean {
  return /^#{1,6} \S|^\s*\|?\s*:?-{3,}:?\s*\||^```|^\s*[-*] \S.*\n\s*[-*] \S|\*\*\S[^*\n]*\*\*|\[[^\]\n]+\]\([^)\n]+\)/mu.test(
    text,
  );
}
