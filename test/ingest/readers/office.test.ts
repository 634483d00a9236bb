import { describe, expect, it } from 'vitest';
import { layOut } from '../../../src/ingest/block.js';
import type { Reader } from '../../../src/ingest/reader.js';
import { csvReader } from '../../../src/ingest/readers/csv.js';
import { docxReader } from '../../../src/ingest/readers/docx.js';
import { pptxReader } from '../../../src/ingest/readers/pptx.js';
import { xlsxReader } from '../../../src/ingest/readers/xlsx.js';
import { unzip } from '../../../src/ingest/readers/zip.js';
import { makeZip } from './make-zip.js';

const read = async (reader: Reader, bytes: Uint8Array) => {
  const { documents } = await reader.read(bytes, { path: 'a' });
  const [document] = documents;
  return {
    meta: document?.meta,
    text: layOut(document?.blocks ?? []).text,
    blocks: document?.blocks,
  };
};
const CORE = {
  'docProps/core.xml':
    '<cp:coreProperties xmlns:cp="a" xmlns:dc="b" xmlns:dcterms="c"><dc:title>旅費規程</dc:title><dcterms:modified>2025-04-01T09:00:00Z</dcterms:modified></cp:coreProperties>',
};

describe('docx', () => {
  const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const file = (body: string, before = '') =>
    makeZip({
      '[Content_Types].xml':
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
      '_rels/.rels':
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
      'word/document.xml': `${before}<w:document ${W}><w:body>${body}</w:body></w:document>`,
      ...CORE,
    });
  const paragraph = (text: string, style = '') =>
    `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;

  it('reads headings, paragraphs and tables, with title and day', async () => {
    const { meta, text } = await read(
      docxReader,
      file(
        `${paragraph('宿泊費', 'Heading1')}${paragraph('上限は次のとおりです。')}<w:tbl><w:tr>${cell('都市')}${cell('上限')}</w:tr><w:tr>${cell('大阪')}${cell('14,500円')}</w:tr></w:tbl>`,
      ),
    );
    expect(meta).toMatchObject({ title: '旅費規程', updated: '2025-04-01' });
    expect(text).toBe('# 宿泊費\n\n上限は次のとおりです。\n\n| 都市 | 上限 |\n| 大阪 | 14,500円 |');
  });

  it('is no reason to fail for what is no Word file', async () => {
    await expect(read(docxReader, makeZip({ 'a.txt': 'x' }))).rejects.toThrow();
    await expect(read(docxReader, Buffer.from('no zip'))).rejects.toMatchObject({
      code: 'ingest.read_failed',
    });
  });
});

describe('xlsx', () => {
  it('reads each visible sheet as a table: shared strings without readings, dates, gaps', async () => {
    const { text } = await read(
      xlsxReader,
      makeZip({
        'xl/workbook.xml':
          '<workbook xmlns:r="r"><sheets><sheet name="上限" r:id="a"/><sheet name="Hidden" state="hidden" r:id="b"/></sheets></workbook>',
        'xl/_rels/workbook.xml.rels':
          '<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/><Relationship Id="b" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
        'xl/sharedStrings.xml':
          '<sst><si><t>都市</t><rPh><t>トシ</t></rPh></si><si><r><t>大</t></r><r><t>阪</t></r></si></sst>',
        'xl/styles.xml':
          '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        'xl/worksheets/sheet1.xml':
          '<worksheet><sheetData><row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>から</t></is></c></row><row/><row><c r="A2" t="s"><v>1</v></c><c r="B2"><v>0.30000000000000004</v></c><c r="C2" s="1"><v>45748</v></c></row></sheetData></worksheet>',
        'xl/worksheets/sheet2.xml':
          '<worksheet><sheetData><row><c t="b"><v>1</v></c></row></sheetData></worksheet>',
      }),
    );
    expect(text).toBe('# 上限\n\n| 都市 |  | から |\n| 大阪 | 0.3 | 2025-04-01 |');
  });

  it('shows a day with its time of day, and a time of day alone', async () => {
    const cells = [
      [1, '45748.75'],
      [1, '45748.395833333328'],
      [1, '45748'],
      [2, '0.75'],
      [3, '0.39583333333333331'],
      [4, '1.5'],
    ].map(([style, value]) => `<c s="${style}"><v>${value}</v></c>`);
    const { text } = await read(
      xlsxReader,
      makeZip({
        'xl/workbook.xml':
          '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>',
        'xl/_rels/workbook.xml.rels':
          '<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>',
        'xl/styles.xml':
          '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="h&quot;時&quot;mm&quot;分&quot;"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>',
        'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row>${cells.join('')}</row></sheetData></worksheet>`,
      }),
    );
    expect(text).toBe(
      '# S\n\n| 2025-04-01 18:00 | 2025-04-01 09:30 | 2025-04-01 | 18:00 | 09:30 | 1.5 |',
    );
  });
});

describe('pptx', () => {
  it('reads slides in the order of the presentation, title first, with notes', async () => {
    const run = (text: string) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`;
    const shape = (type: string, body: string) =>
      `<p:sp><p:nvSpPr><p:nvPr>${type && `<p:ph type="${type}"/>`}</p:nvPr></p:nvSpPr><p:txBody>${body}</p:txBody></p:sp>`;
    const slide = (content: string) =>
      `<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>${content}</p:spTree></p:cSld></p:sld>`;
    const { text, blocks } = await read(
      pptxReader,
      makeZip({
        'ppt/presentation.xml':
          '<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId r:id="b"/><p:sldId r:id="a"/></p:sldIdLst></p:presentation>',
        'ppt/_rels/presentation.xml.rels':
          '<Relationships><Relationship Id="a" Target="slides/slide1.xml"/><Relationship Id="b" Target="slides/slide2.xml"/></Relationships>',
        'ppt/slides/slide1.xml': slide(shape('', run('Last words.'))),
        'ppt/slides/slide2.xml': slide(
          `${shape('', run('One') + run('Two'))}${shape('title', run('Plan'))}`,
        ),
        'ppt/slides/_rels/slide2.xml.rels':
          '<Relationships><Relationship Id="n" Type="http://x/notesSlide" Target="../notesSlides/notes1.xml"/></Relationships>',
        'ppt/notesSlides/notes1.xml': `<p:notes xmlns:p="p" xmlns:a="a">${run('Say it slowly.')}${run('2')}</p:notes>`,
      }),
    );
    expect(text).toBe('## Plan\n\n- One\n- Two\n\nSay it slowly.\n\nLast words.');
    expect(blocks?.map(({ page }) => page)).toEqual([1, 1, 1, 2]);
  });
});

describe('csv', () => {
  it.each([
    ['commas and quotes', 'city,limit\nOsaka,"14,500"\n', '| city | limit |\n| Osaka | 14,500 |'],
    ['semicolons', 'city;limit\nOsaka;14,5\n', '| city | limit |\n| Osaka | 14,5 |'],
    ['tabs', 'city\tlimit\nOsaka\t1\n', '| city | limit |\n| Osaka | 1 |'],
  ])('reads %s', async (_, source, text) => {
    expect((await read(csvReader, Buffer.from(source))).text).toBe(text);
  });

  it('reads what Japanese Excel wrote in Shift_JIS', async () => {
    const sjis = Buffer.from([
      0x93, 0x73, 0x8e, 0x73, 0x2c, 0x8f, 0xe3, 0x8c, 0xc0, 0x0a, 0x91, 0xe5, 0x8d, 0xe3, 0x2c,
      0x31, 0x0a,
    ]);
    expect((await read(csvReader, sjis)).text).toBe('| 都市 | 上限 |\n| 大阪 | 1 |');
  });
});

describe('unzip', () => {
  it('says that a file with a password, or of an old program, cannot be read', async () => {
    const compound = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(512)]);
    await expect(unzip(compound)).rejects.toMatchObject({
      code: 'ingest.read_failed',
      message: 'The file is encrypted, or of an old format.',
    });
  });

  it('stops a bomb while it unpacks', async () => {
    const bomb = await unzip(makeZip({ 'a.xml': Buffer.alloc(64 * 1024 * 1024) }));
    await expect(bomb.text('a.xml')).rejects.toMatchObject({ code: 'ingest.too_large' });
  });

  it.each(['../outside.xml', '/etc/passwd', 'a\\..\\b'])(
    'refuses an entry named %s',
    async (name) => {
      await expect(unzip(makeZip({ [name]: 'x' }))).rejects.toMatchObject({
        code: 'ingest.read_failed',
      });
    },
  );

  it('refuses XML with a document type, where entities grow without end', async () => {
    const entities = '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>';
    const file = makeZip({ 'xl/workbook.xml': entities, 'xl/_rels/workbook.xml.rels': '<r/>' });
    await expect(read(xlsxReader, file)).rejects.toThrow(/document type/u);
  });
});
