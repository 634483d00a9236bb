import type { Block } from '../block.js';
import { cleanLine } from '../clean.js';
import type { Reader } from '../reader.js';
import { officeMeta } from './office-meta.js';
import { childOf, elements, nameOf, parseXml, type XmlElement } from './xml.js';
import { type Unzipped, unzip } from './zip.js';

/** PowerPoint files: each slide under its title with its number as the page, notes after it. */
export const pptxReader: Reader = {
  name: 'pptx',
  extensions: ['.pptx'],
  isolated: true,
  async read(bytes) {
    const zip = await unzip(bytes);
    const blocks: Block[] = [];
    for (const [at, path] of (await slidesOf(zip)).entries()) {
      const source = await zip.text(path);
      if (source === null) continue;
      blocks.push(...slideBlocks(parseXml(source), at + 1));
      const notes = await notesOf(zip, path);
      if (notes !== '') blocks.push({ kind: 'paragraph', text: notes, page: at + 1 });
    }
    return { documents: [{ meta: await officeMeta(zip), blocks }], failures: [] };
  },
};

async function slidesOf(zip: Unzipped): Promise<string[]> {
  const presentation = await zip.text('ppt/presentation.xml');
  const targets = await relationsOf(zip, 'ppt/_rels/presentation.xml.rels', 'ppt');
  if (presentation === null) return [];
  return [...elements(parseXml(presentation), 'sldId')].flatMap(
    (slide) => targets.get(slide.getAttribute('r:id') ?? '')?.path ?? [],
  );
}

async function relationsOf(
  zip: Unzipped,
  name: string,
  folder: string,
): Promise<Map<string, { path: string; type: string }>> {
  const source = await zip.text(name);
  const targets = new Map<string, { path: string; type: string }>();
  if (source === null) return targets;
  for (const relation of elements(parseXml(source), 'Relationship')) {
    const target = relation.getAttribute('Target') ?? '';
    const path = target.startsWith('/')
      ? target.slice(1)
      : `${folder}/${target}`.replace(/[^/]+\/\.\.\//gu, '');
    const type = (relation.getAttribute('Type') ?? '').split('/').at(-1) ?? '';
    targets.set(relation.getAttribute('Id') ?? '', { path, type });
  }
  return targets;
}

function slideBlocks(root: XmlElement, page: number): Block[] {
  const blocks: Block[] = [];
  for (const shape of shapesOf(root)) {
    if (nameOf(shape) === 'graphicFrame') {
      for (const table of elements(shape, 'tbl')) blocks.push({ ...tableOf(table), page });
      continue;
    }
    const paragraphs = [...elements(shape, 'p')].map(textOf).filter((text) => text !== '');
    if (paragraphs.length === 0) continue;
    if (isTitle(shape)) {
      blocks.unshift({ kind: 'heading', level: 2, text: paragraphs.join(' '), page });
    } else {
      const items = paragraphs.map((text) => ({ depth: 0, marker: '-', text }));
      blocks.push(
        items.length === 1
          ? { kind: 'paragraph', text: paragraphs[0] ?? '', page }
          : { kind: 'list', items, page },
      );
    }
  }
  return blocks;
}

function* shapesOf(root: XmlElement): Generator<XmlElement> {
  for (const child of root.children) {
    const name = nameOf(child);
    if (name === 'sp' || name === 'graphicFrame') yield child;
    else yield* shapesOf(child);
  }
}

function isTitle(shape: XmlElement): boolean {
  for (const placeholder of elements(shape, 'ph')) {
    return /^(?:ctrTitle|title)$/u.test(placeholder.getAttribute('type') ?? '');
  }
  return false;
}

function textOf(paragraph: XmlElement): string {
  let text = '';
  for (const run of paragraph.children) {
    const name = nameOf(run);
    if (name === 'br') text += ' ';
    if (name === 'r' || name === 'fld') text += childOf(run, 't')?.textContent ?? '';
  }
  return cleanLine(text);
}

function tableOf(table: XmlElement): Extract<Block, { kind: 'table' }> {
  const rows = [...elements(table, 'tr')].map((row) =>
    [...elements(row, 'tc')].map((cell) => [...elements(cell, 'p')].map(textOf).join(' ')),
  );
  const [header = [], ...body] = rows;
  return { kind: 'table', header, rows: body };
}

async function notesOf(zip: Unzipped, slide: string): Promise<string> {
  const name = slide.split('/').at(-1) ?? '';
  const relations = await relationsOf(zip, `ppt/slides/_rels/${name}.rels`, 'ppt/slides');
  const path = [...relations.values()].find(({ type }) => type === 'notesSlide')?.path;
  const source = path === undefined ? null : await zip.text(path);
  if (source === null) return '';
  // The number of the slide stands in a field of its own.
  return [...elements(parseXml(source), 'p')]
    .map(textOf)
    .filter((text) => text !== '' && !/^\d+$/u.test(text))
    .join(' ');
}
