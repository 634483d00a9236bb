import type { Block } from '../block.js';
import { cleanLine } from '../clean.js';
import { parseDate, type Reader } from '../reader.js';
import { readHtml } from './html.js';
import { textBlocks } from './text.js';

/** What a mail program writes nests three or four parts; beyond this it is an attack. */
const MAX_NESTING = 32;
const MAX_HEADER_BYTES = 256 * 1024;

/**
 * Mail messages (RFC 5322, MIME): subject as the title, who wrote it and when, then the text. The
 * plain text is taken before the HTML one, attachments are named and not opened.
 */
export const emlReader: Reader = {
  name: 'eml',
  extensions: ['.eml'],
  isolated: true,
  async read(bytes) {
    const { default: PostalMime } = await import('postal-mime');
    const { subject, from, date, text, html, attachments } = await PostalMime.parse(bytes, {
      maxNestingDepth: MAX_NESTING,
      maxHeadersSize: MAX_HEADER_BYTES,
    });
    const sender = from?.name || from?.address || '';
    const updated = parseDate(date);
    const facts = [sender === '' ? '' : `From: ${sender}`, updated ? `Date: ${updated}` : ''];
    const names = attachments.flatMap(({ filename }) => (filename ? [cleanLine(filename)] : []));
    const blocks: Block[] = [
      { kind: 'paragraph', text: facts.filter((fact) => fact !== '').join('\n') },
      ...(text?.trim() ? textBlocks(text.replace(/\r\n?/gu, '\n')) : bodyBlocks(html)),
      ...(names.length === 0
        ? []
        : [{ kind: 'paragraph' as const, text: `Attachments: ${names.join(', ')}` }]),
    ];
    const title = cleanLine(subject ?? '');
    const meta = { ...(title && { title }), ...(updated && { updated }) };
    return { documents: [{ meta, blocks }], failures: [] };
  },
};

function bodyBlocks(html: string | undefined): Block[] {
  return html === undefined ? [] : readHtml(html, { isWhole: true }).blocks;
}
