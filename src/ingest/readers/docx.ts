import mammoth from 'mammoth';
import type { Reader } from '../reader.js';
import { readHtml } from './html.js';
import { officeMeta } from './office-meta.js';
import { unzip } from './zip.js';

/** Word files: headings, lists and tables as their styles say; pictures and comments are left out. */
export const docxReader: Reader = {
  name: 'docx',
  extensions: ['.docx'],
  isolated: true,
  async read(bytes) {
    const zip = await unzip(bytes);
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes) },
      {
        externalFileAccess: false,
        // Inlined as data otherwise: megabytes of letters that say nothing.
        convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
        ignoreEmptyParagraphs: true,
      },
    );
    const { meta, blocks } = readHtml(value, { isWhole: true });
    return {
      documents: [{ meta: { ...meta, ...(await officeMeta(zip)) }, blocks }],
      failures: [],
    };
  },
};
