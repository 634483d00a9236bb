import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { About, Api } from './api.js';
import type { PageLanguage, Translate } from './i18n.js';
import type { Place } from './sources.js';

/** What nearly every part of the page needs. */
export type Page = {
  api: Api;
  language: PageLanguage;
  t: Translate;
  about: About | null;
  /** Opens a document beside the conversation; focus returns to `opener` when it closes. */
  openPlace: (place: Place, opener: HTMLElement) => void;
};

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('No page around this component.');
  return page;
}
