import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CONTENT_SECURITY_POLICY } from '../../src/http/middleware/request-context.js';
import type { AnswerRequest, AnswerResponse, FeedbackRequest } from '../../src/schemas.js';
import { makePdf } from '../ingest/readers/make-pdf.js';
import { ABOUT, ABSTAINED, CITED, DOCUMENTS, HOSTILE, PASSPORT } from './fixtures.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type PageState = { ready: boolean; key: string | null; hasOriginals: boolean };

export type PageServer = {
  url: string;
  questions: AnswerRequest[];
  feedback: FeedbackRequest[];
  /** Keys with which the original of a document was asked for. */
  originals: string[];
  /** Streams whose reader went away before the end. */
  aborted: () => number;
  /** Readiness, key and originals as the next requests find them. */
  set: (state: Partial<PageState>) => void;
  close: () => Promise<void>;
};

/**
 * Serves the built page with the policy of the service, and scripted answers by what a question
 * contains: `賞与` abstains, `壊れ` fails in mid-stream, `混雑` is refused, `ゆっくり` is slow,
 * `攻撃` is hostile; anything else is answered with citations.
 */
export async function startPageServer(directory: string): Promise<PageServer> {
  const questions: AnswerRequest[] = [];
  const feedback: FeedbackRequest[] = [];
  const originals: string[] = [];
  let state: PageState = { ready: true, key: null, hasOriginals: true };
  let aborted = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://page');
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    const isLocked = state.key !== null && request.headers.authorization !== `Bearer ${state.key}`;
    if (url.pathname === '/readyz') {
      const checks = [{ name: 'engine', ok: state.ready, detail: '' }];
      const status = state.ready ? 'ready' : 'not_ready';
      return sendJson(response, state.ready ? 200 : 503, { status, checks });
    }
    if (url.pathname === '/about') {
      return isLocked
        ? sendProblem(response, 401, 'auth.required')
        : sendJson(response, 200, ABOUT);
    }
    if (url.pathname === '/answer') {
      const body = (await readJson(request)) as AnswerRequest;
      questions.push(body);
      return answer(body.question, response, () => aborted++);
    }
    if (url.pathname === '/feedback') {
      feedback.push((await readJson(request)) as FeedbackRequest);
      response.statusCode = 204;
      response.end();
      return undefined;
    }
    if (url.pathname === `/adapters/${PASSPORT.name}`) return sendJson(response, 200, PASSPORT);
    if (url.pathname.startsWith('/documents/')) {
      const [corpus, id, part] = url.pathname.split('/').slice(2).map(decodeURIComponent);
      if (part === 'original') {
        originals.push(request.headers.authorization ?? '');
        if (!state.hasOriginals) return sendProblem(response, 404, 'document.not_found');
        response.setHeader('content-type', 'application/pdf');
        response.end(makePdf([['Leave, page one'], ['Leave, page two']]));
        return undefined;
      }
      const found = DOCUMENTS.find((known) => known.corpus === corpus && known.id === id);
      return found
        ? sendJson(response, 200, found)
        : sendProblem(response, 404, 'document.not_found');
    }
    return sendFile(response, directory, url.pathname);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    questions,
    feedback,
    originals,
    aborted: () => aborted,
    set: (next) => {
      state = { ...state, ...next };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  question: string,
  response: ServerResponse,
  onAborted: () => void,
): Promise<void> {
  if (question.includes('混雑')) return sendProblem(response, 503, 'engine.busy');
  response.on('close', () => {
    if (!response.writableEnded) onAborted();
  });
  response.setHeader('content-type', 'text/event-stream');
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  let full: AnswerResponse = CITED;
  if (question.includes('賞与')) full = ABSTAINED;
  if (question.includes('攻撃')) full = HOSTILE;
  response.write(': heartbeat\n\n');
  send('decision', full.decision);
  if (full.outcome === 'answered') {
    send('passages', { passages: passagesOf(full) });
    await wait(question.includes('じっくり') ? 3000 : 60);
    const pauseMs = question.includes('ゆっくり') ? 1000 : 4;
    for (const text of full.answer.match(/[\s\S]{1,5}/gu) ?? []) {
      if (response.destroyed) return;
      send('delta', { text });
      await wait(pauseMs);
      if (question.includes('壊れ') && text.includes('休')) {
        send('error', problem(503, 'engine.crashed'));
        response.end();
        return;
      }
    }
    send('citations', { citations: full.citations, uncited: full.uncited });
  }
  send('done', full);
  response.end();
}

function passagesOf(full: AnswerResponse) {
  return full.citations.map(({ quote, page: _page, verified: _verified, ...rest }) => ({
    ...rest,
    text: quote,
  }));
}

function problem(status: number, code: string) {
  return {
    type: 'about:blank',
    title: 'Problem',
    status,
    code,
    detail: 'In English.',
    request_id: 'request-0001',
  };
}

function sendProblem(response: ServerResponse, status: number, code: string): void {
  sendJson(response, status, problem(status, code), 'application/problem+json');
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  type = 'application/json',
): void {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}

function sendFile(response: ServerResponse, directory: string, pathname: string): void {
  const path = normalize(pathname === '/' ? '/index.html' : pathname);
  try {
    const bytes = readFileSync(join(directory, path));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    sendProblem(response, 404, 'route.not_found');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
