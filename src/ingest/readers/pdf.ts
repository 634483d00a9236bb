import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { KakehashiError, throwIfAborted } from '../../errors.js';
import type { ReadFailure, Reader, ReadResult, StatedMeta } from '../reader.js';
import { parseDate } from '../reader.js';
import { blocksOf, type PageSize } from './pdf-blocks.js';
import { linesOf, type TextItem, type TextLine } from './pdf-lines.js';

const MAX_PAGES = 5000;
const packageDir = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));

/**
 * Text of PDF files with page numbers, headings by the size of their letters, tables by the places of
 * their cells; Japanese through Adobe's character maps. Pages without text are named: they are scans.
 */
export const pdfReader: Reader = {
  name: 'pdf',
  extensions: ['.pdf'],
  isolated: true,
  sniff: (head) => Buffer.from(head.subarray(0, 1024)).includes('%PDF-'),
  async read(bytes, { signal }) {
    const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
    const loading = getDocument({
      data: new Uint8Array(bytes),
      cMapUrl: `${join(packageDir, 'cmaps')}/`,
      cMapPacked: true,
      standardFontDataUrl: `${join(packageDir, 'standard_fonts')}/`,
      wasmUrl: `${join(packageDir, 'wasm')}/`,
      isEvalSupported: false,
      disableFontFace: true,
      useSystemFonts: false,
      stopAtErrors: false,
      verbosity: 0,
    });
    try {
      const document = await loading.promise;
      return await readPages(document, signal);
    } catch (error) {
      throw readable(error);
    } finally {
      await loading.destroy();
    }
  },
};

async function readPages(
  document: PDFDocumentProxy,
  signal: AbortSignal | undefined,
): Promise<ReadResult> {
  if (document.numPages > MAX_PAGES) {
    throw new KakehashiError('ingest.too_large', `The PDF has ${document.numPages} pages.`, {
      remedy: `Split it; at most ${MAX_PAGES} pages are read.`,
    });
  }
  const lines: TextLine[] = [];
  const sizes: PageSize[] = [];
  const failures: ReadFailure[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    throwIfAborted(signal);
    try {
      const page = await document.getPage(number);
      sizes.push({ page: number, height: page.getViewport({ scale: 1 }).height });
      const { items, styles } = await page.getTextContent();
      const found = linesOf(
        items.flatMap((item) => toItem(item, styles)),
        number,
      );
      page.cleanup();
      if (found.length === 0) failures.push({ place: `page ${number}`, reason: NO_TEXT });
      lines.push(...found);
    } catch (error) {
      throwIfAborted(signal);
      const reason = 'The page is damaged.';
      if (error instanceof RangeError) throw error;
      failures.push({ place: `page ${number}`, reason });
    }
  }
  if (lines.length === 0) {
    throw new KakehashiError('ingest.read_failed', 'No page of the PDF holds text.', {
      remedy: 'It may be a scan: save it again with text recognition.',
    });
  }
  return {
    documents: [{ meta: await metaOf(document), blocks: blocksOf(lines, sizes) }],
    failures,
  };
}

const NO_TEXT = 'The page holds no text; it may be a scan.';

type Content = Awaited<
  ReturnType<Awaited<ReturnType<PDFDocumentProxy['getPage']>>['getTextContent']>
>;

function toItem(item: Content['items'][number], styles: Content['styles']): TextItem[] {
  if (!('str' in item)) return [];
  const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = item.transform as number[];
  return [
    {
      text: item.str,
      x,
      y,
      width: item.width,
      size: Math.hypot(c, d) || Math.hypot(a, b) || item.height || 1,
      vertical: styles[item.fontName]?.vertical === true,
      endsLine: item.hasEOL,
    },
  ];
}

/** Title and date as the file states them; titles that are file names of a word processor are none. */
async function metaOf(document: PDFDocumentProxy): Promise<StatedMeta> {
  const { info } = await document.getMetadata().catch(() => ({ info: {} }));
  const stated = info as { Title?: unknown; ModDate?: unknown };
  const title = typeof stated.Title === 'string' ? stated.Title.trim() : '';
  const isReal =
    title !== '' &&
    !/\.(?:docx?|xlsx?|pptx?|indd|tex|dvi)$|^(?:untitled|無題|\(anonymous\))/iu.test(title);
  const day = /^D:(\d{4})(\d{2})(\d{2})/u.exec(
    typeof stated.ModDate === 'string' ? stated.ModDate : '',
  );
  const updated = day === null ? undefined : parseDate(day.slice(1, 4).join('-'));
  return { ...(isReal ? { title } : {}), ...(updated === undefined ? {} : { updated }) };
}

function readable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof KakehashiError) return error;
  if (error.name === 'PasswordException') {
    return new KakehashiError(
      'ingest.read_failed',
      'The PDF is encrypted and asks for a password.',
      {
        remedy: 'Save it without a password.',
      },
    );
  }
  if (error.name === 'InvalidPDFException' || error.name === 'FormatError') {
    return new KakehashiError('ingest.read_failed', 'The file is no PDF, or is damaged.', {
      remedy: 'Save it again from its original.',
      cause: error,
    });
  }
  return error;
}
