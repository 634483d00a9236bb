import { DOMParser } from 'linkedom';
import { KakehashiError } from '../../errors.js';

/** The part of the DOM that readers of office files need. */
export type XmlElement = {
  localName: string;
  textContent: string | null;
  children: Iterable<XmlElement>;
  getAttribute(name: string): string | null;
};

/**
 * Parses XML. A document type is refused: office files never need one, and entities grow without end.
 * Errors: `ingest.read_failed`.
 */
export function parseXml(source: string): XmlElement {
  if (/<!DOCTYPE/iu.test(source)) {
    throw new KakehashiError('ingest.read_failed', 'The file declares a document type.', {
      remedy: 'Save it again with an office program.',
    });
  }
  const root = new DOMParser().parseFromString(source, 'text/xml').documentElement;
  if (root === null) {
    throw new KakehashiError('ingest.read_failed', 'A part of the file holds no XML.', {
      remedy: 'Save it again from its original.',
    });
  }
  return root as unknown as XmlElement;
}

/** Every element below with this local name, whatever its prefix, in order. */
export function* elements(root: XmlElement, name: string): Generator<XmlElement> {
  for (const child of root.children) {
    if (nameOf(child) === name) yield child;
    yield* elements(child, name);
  }
}

/** Text of the first element below with this local name, '' without one. */
export function firstText(root: XmlElement, name: string): string {
  for (const element of elements(root, name)) return element.textContent ?? '';
  return '';
}

export function childOf(root: XmlElement, name: string): XmlElement | undefined {
  for (const child of root.children) if (nameOf(child) === name) return child;
  return undefined;
}

/** `w:p` and `p` are the same here. */
export function nameOf({ localName }: XmlElement): string {
  return localName.split(':').at(-1) ?? localName;
}
