import type { AnswerEvent, About } from '../../answer/answerer.js';
import type {
  AdapterResponse,
  AnswerRequest,
  AnswerResponse,
  DocumentResponse,
  FeedbackRequest,
  Problem,
  ReadinessResponse,
} from '../../schemas.js';
import { readEvents } from './sse.js';

export type { About };

/** What went wrong: a server's problem document, or one of the page's own codes `network.*`. */
export type Failure = Pick<Problem, 'code' | 'detail'> & { requestId?: string };

/** Thrown by every call below, except when its signal fired. */
export class ApiError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.code);
    this.failure = failure;
  }
}

export type StreamEvent =
  | AnswerEvent
  | { event: 'done'; data: AnswerResponse }
  | { event: 'error'; data: Problem };

export type Question = Pick<AnswerRequest, 'question'> &
  Partial<Pick<AnswerRequest, 'conversation_id' | 'corpora'>>;

export type DocumentAddress = { corpus: string; id: string; revision: string | null };

export type Api = ReturnType<typeof createApi>;

export type ApiNeeds = {
  fetch: typeof fetch;
  /** The reader's access key, or null. */
  key: () => string | null;
};

/** The calls of the page. Addresses are relative, so that the page also lives under a prefix. */
export function createApi({ fetch: fetchIt, key }: ApiNeeds) {
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const held = key();
    if (held !== null) headers.set('authorization', `Bearer ${held}`);
    let response: Response;
    try {
      response = await fetchIt(path, { ...init, headers });
    } catch (error) {
      throw networkError(error, init.signal);
    }
    if (!response.ok) throw new ApiError(await failureOf(response));
    return response;
  }

  function post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return request(path, { ...init, method: 'POST', headers, body: JSON.stringify(body) });
  }

  return {
    /** Gives each event as it arrives; throws unless the stream ended in `done`. */
    async ask(
      question: Question,
      signal: AbortSignal,
      onEvent: (event: StreamEvent) => void,
    ): Promise<void> {
      const response = await post('answer', { ...question, stream: true }, { signal });
      if (response.body === null) throw new ApiError({ code: 'network.cut', detail: '' });
      try {
        for await (const { event, data } of readEvents(response.body)) {
          const parsed = { event, data: JSON.parse(data) } as StreamEvent;
          if (parsed.event === 'error') throw new ApiError(failureFrom(parsed.data));
          onEvent(parsed);
          if (parsed.event === 'done') return;
        }
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw networkError(error, signal);
      }
      throw new ApiError({ code: 'network.cut', detail: '' });
    },

    async document(address: DocumentAddress, signal: AbortSignal): Promise<DocumentResponse> {
      const query = address.revision === null ? '' : `?revision=${encode(address.revision)}`;
      const path = `documents/${encode(address.corpus)}/${encode(address.id)}${query}`;
      return (await (await request(path, { signal })).json()) as DocumentResponse;
    },

    /** The file that a revision was read from. */
    async original(address: DocumentAddress, signal: AbortSignal): Promise<Blob> {
      const query = address.revision === null ? '' : `?revision=${encode(address.revision)}`;
      const path = `documents/${encode(address.corpus)}/${encode(address.id)}/original${query}`;
      return await (await request(path, { signal })).blob();
    },

    async adapter(name: string, signal: AbortSignal): Promise<AdapterResponse> {
      const path = `adapters/${encode(name)}`;
      return (await (await request(path, { signal })).json()) as AdapterResponse;
    },

    async feedback(feedback: FeedbackRequest): Promise<void> {
      await post('feedback', feedback);
    },

    async about(signal: AbortSignal): Promise<About> {
      return (await (await request('about', { signal })).json()) as About;
    },

    /** Names of the checks that keep the service from answering; none when it is ready. */
    async missing(signal: AbortSignal): Promise<string[]> {
      let response: Response;
      try {
        response = await fetchIt('readyz', { signal });
      } catch (error) {
        throw networkError(error, signal);
      }
      if (response.ok) return [];
      const { checks } = (await response.json()) as ReadinessResponse;
      return checks.filter((check) => !check.ok).map((check) => check.name);
    },
  };
}

const encode = encodeURIComponent;

function networkError(error: unknown, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return error;
  return new ApiError({ code: 'network.down', detail: '' });
}

async function failureOf(response: Response): Promise<Failure> {
  try {
    return failureFrom((await response.json()) as Partial<Problem>);
  } catch {
    return failureFrom({ detail: `HTTP ${response.status}` });
  }
}

function failureFrom(problem: Partial<Problem>): Failure {
  return {
    code: problem.code ?? 'internal',
    detail: problem.detail ?? '',
    ...(problem.request_id ? { requestId: problem.request_id } : {}),
  };
}
