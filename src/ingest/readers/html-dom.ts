import { parseHTML } from 'linkedom';

/** As much of the DOM as the readers use; TypeScript's DOM library is not part of a server. */
export type DomNode = {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: Iterable<DomNode>;
};

export type DomElement = DomNode & {
  readonly parentElement: DomElement | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
  remove(): void;
};

export type DomDocument = DomElement & {
  readonly documentElement: DomElement | null;
  readonly body: DomElement | null;
};

/** A parsed page. What has no `<html>` at its top gets one, so that `body` holds it. */
export function parseDocument(html: string): DomDocument {
  if (/<html[\s>]/iu.test(html.slice(0, 20_000))) {
    const document = parsed(html);
    // Text before or around it, and the parser makes no document of it.
    if (document.documentElement !== null && tagName(document.documentElement) === 'html') {
      return document;
    }
  }
  return parsed(`<!DOCTYPE html><html><body>${html}</body></html>`);
}

function parsed(html: string): DomDocument {
  return (parseHTML(html) as unknown as { document: DomDocument }).document;
}

export function isElement(node: DomNode): node is DomElement {
  return node.nodeType === 1;
}

export function tagName(node: DomNode): string {
  return node.nodeName.toLowerCase();
}
