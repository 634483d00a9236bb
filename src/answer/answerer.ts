import type { Original } from './open-original.js';
import type {
  AdapterResponse,
  AnswerRequest,
  AnswerResponse,
  Citation,
  Decision,
  DocumentResponse,
  FeedbackRequest,
  SearchRequest,
  SearchResponse,
} from '../schemas.js';
import type { Principal } from '../store/passage.js';
import type { Span } from './cite.js';

export type PassageEvent = {
  marker: number;
  corpus: string;
  document_id: string;
  title: string;
  section: string;
  revision: string;
  start: number;
  end: number;
  text: string;
};

/** What happens while one answer is made, in this order; `delta` any number of times. */
export type AnswerEvent =
  | { event: 'decision'; data: Decision }
  | { event: 'passages'; data: { passages: PassageEvent[] } }
  | { event: 'delta'; data: { text: string } }
  | { event: 'citations'; data: { citations: Citation[]; uncited: Span[] } };

export type AnswerOptions = {
  signal?: AbortSignal | undefined;
  onEvent?: (event: AnswerEvent) => void;
};

/**
 * What the service does for one caller; `http/` and the command line call nothing else.
 *
 * Errors: those of `Engine` and `Search`, `corpus.not_found`, `adapter.not_found`,
 * `document.not_found` (also for what the caller may not read), `conversation.not_found`.
 */
export type Answerer = {
  answer(
    request: AnswerRequest,
    principal: Principal,
    options?: AnswerOptions,
  ): Promise<AnswerResponse>;
  search(
    request: SearchRequest,
    principal: Principal,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<SearchResponse>;
  document(
    request: { corpus: string; id: string; revision: string | null },
    principal: Principal,
  ): Promise<DocumentResponse>;
  /** The file that a revision was read from. */
  original(
    request: { corpus: string; id: string; revision: string | null },
    principal: Principal,
  ): Promise<Original>;
  /** The passport of an adapter in service. */
  adapter(name: string, principal: Principal): Promise<AdapterResponse>;
  feedback(request: FeedbackRequest, principal: Principal): Promise<void>;
  /** What the page needs to greet a caller. */
  about(principal: Principal): Promise<About>;
};

export type About = {
  version: string;
  model: { name: string; sha256: string };
  gpu: boolean;
  corpora: {
    name: string;
    title: { ja: string; en: string };
    /** Published index version, null before the first. */
    version: number | null;
  }[];
  adapters: { name: string; version: string; description: { ja: string; en: string } }[];
};
