import type { Reader } from '../reader.js';
import { csvReader } from './csv.js';
import { docxReader } from './docx.js';
import { emlReader } from './eml.js';
import { epubReader } from './epub.js';
import { htmlReader } from './html.js';
import { jsonReader } from './json.js';
import { jsonlReader } from './jsonl.js';
import { markdownReader } from './markdown.js';
import { pdfReader } from './pdf.js';
import { pptxReader } from './pptx.js';
import { textReader } from './text.js';
import { xlsxReader } from './xlsx.js';

/** Every format that can be indexed. */
export const READERS: readonly Reader[] = [
  markdownReader,
  textReader,
  htmlReader,
  jsonlReader,
  jsonReader,
  pdfReader,
  docxReader,
  xlsxReader,
  pptxReader,
  csvReader,
  emlReader,
  epubReader,
];

/** The reader for a file: by content where that is certain, else by extension; null when none fits. */
export function chooseReader(
  path: string,
  head: Uint8Array,
  readers: readonly Reader[] = READERS,
): Reader | null {
  const extension = /\.[^./\\]+$/u.exec(path)?.[0].toLowerCase() ?? '';
  const byName = readers.find((reader) => reader.extensions.includes(extension)) ?? null;
  const byContent =
    readers.find((reader) => reader.sniff?.(head.subarray(0, 1024)) === true) ?? null;
  // Markdown may open with HTML and speak of PDF, so its name counts. A plain text may be anything, and a
  // binary file with another name is what its first bytes say.
  const isOpen = byName === null || byName.name === 'text' || byName.isolated === true;
  return isOpen ? (byContent ?? byName) : byName;
}
