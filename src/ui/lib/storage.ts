import { type PageLanguage, resolveLanguage } from './i18n.js';

/** Looked up at each use: where storage is blocked, naming it already throws. */
type Shelf = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export type KeyStore = { read: () => string | null; write: (key: string | null) => void };
export type LanguageStore = { read: () => PageLanguage; write: (language: PageLanguage) => void };

const KEY = 'kakehashi.key';
const LANGUAGE = 'kakehashi.language';

/** The access key; it lives as long as the tab. */
export function createKeyStore(shelf: Shelf): KeyStore {
  let held = read(shelf, KEY);
  return {
    read: () => held,
    write(key) {
      held = key;
      write(shelf, KEY, key);
    },
  };
}

/** The chosen language of the page, else that of the browser. */
export function createLanguageStore(shelf: Shelf): LanguageStore {
  return {
    read: () => resolveLanguage(read(shelf, LANGUAGE), navigator.languages),
    write: (language) => write(shelf, LANGUAGE, language),
  };
}

/** Browsers that block storage throw; the page then forgets, and works. */
function read(shelf: Shelf, name: string): string | null {
  try {
    return shelf().getItem(name);
  } catch {
    return null;
  }
}

function write(shelf: Shelf, name: string, value: string | null): void {
  try {
    if (value === null) shelf().removeItem(name);
    else shelf().setItem(name, value);
  } catch {
    // Nothing to do: see above.
  }
}
