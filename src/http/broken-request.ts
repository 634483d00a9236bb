import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { KakehashiError } from '../errors.js';
import { toKakehashiError, toProblem } from './errors.js';

/** Parser and timer errors of `node:http` that have a status of their own. */
const KNOWN: Readonly<Record<string, { status: number; line: string; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    line: '431 Request Header Fields Too Large',
    message: 'The headers are too large.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    line: '408 Request Timeout',
    message: 'The request took too long to arrive.',
  },
};

/**
 * Refuses bytes that never became a request, with a problem like everywhere else, and closes the
 * connection; only closes it when a response is already under way.
 */
export function refuseBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  isAnswering: boolean,
): void {
  if (isAnswering || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, line, message } = KNOWN[error.code ?? ''] ?? {
    status: 400,
    line: '400 Bad Request',
    message: 'The request is not valid HTTP.',
  };
  const problem = toProblem(new KakehashiError('request.invalid', message), randomUUID(), {
    status,
  });
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** For what fails outside the app: an address or a Host header that is no URL. */
export function unreadableRequest(thrown: unknown): Response {
  const isAddress = thrown instanceof Error && thrown.name === 'RequestError';
  const error = isAddress
    ? new KakehashiError('request.invalid', 'The address or the Host header is not valid.')
    : toKakehashiError(thrown);
  const problem = toProblem(error, randomUUID());
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
