import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { isSystemError, KakehashiError } from '../errors.js';
import type { App } from './app.js';
import { refuseBrokenRequest, unreadableRequest } from './broken-request.js';
import type { AppEnv } from './env.js';

export type SocketLimits = {
  /** From the first byte of a request to the end of its headers. */
  headersMs: number;
  /** From the first byte of a request to the end of its body. */
  requestMs: number;
  /** How often the two above are checked. */
  checkMs: number;
  /** How long a connection may stay without a request. */
  idleMs: number;
  /** How long a response may make no progress because nobody reads it. */
  stalledMs: number;
  headerBytes: number;
  connections: number;
};

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 2_000,
  idleMs: 20_000,
  stalledMs: 30_000,
  headerBytes: 16 * 1024,
  connections: 1024,
};

export type ListenOptions = {
  app: Pick<App, 'fetch'>;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Defaults to `DEFAULT_SOCKET_LIMITS`, one by one. */
  limits?: Partial<SocketLimits>;
};

/** Disposing it closes it and gives requests in work no time. */
export type Listening = AsyncDisposable & {
  port: number;
  /**
   * Takes no more connections, lets requests in work end for `drainMs`, then ends the rest with
   * an `engine.unavailable` problem or event. Resolves when every connection is closed. A second
   * call can shorten the time.
   */
  close(options: { drainMs: number }): Promise<void>;
};

/** Before connections without a request are closed: one may be on its way to us. */
const ARRIVING_MS = 100;

/** Between telling the rest to stop and closing what is still open. */
const LAST_WORDS_MS = 1_000;

/**
 * Binds the app to a port. Errors: `port.taken`; `config.invalid` for an address that is not
 * this machine's or a port that needs more rights.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const limits = { ...DEFAULT_SOCKET_LIMITS, ...options.limits };
  const shutdown = new AbortController();
  // One listener per request in work; each is taken off when its request ends.
  setMaxListeners(0, shutdown.signal);
  /** Responses in work of each open connection. */
  const connections = new Map<Socket, Set<ServerResponse>>();
  let isDraining = false;

  const respond = getRequestListener(
    async (request, { outgoing }) => {
      const env: AppEnv['Bindings'] = {
        shutdown: shutdown.signal,
        draining: () => isDraining,
        cut: () => outgoing.destroy(),
      };
      const response = await options.app.fetch(request, env);
      // Only from here on: a question may wait in silence for as long as its deadline allows.
      outgoing.setTimeout(limits.stalledMs);
      return response;
    },
    { errorHandler: unreadableRequest },
  );
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.idleMs,
      maxHeaderSize: limits.headerBytes,
    },
    (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const { socket } = incoming;
      const inWork = connections.get(socket);
      inWork?.add(outgoing);
      if (isDraining) outgoing.setHeader('Connection', 'close');
      outgoing.once('close', () => {
        inWork?.delete(outgoing);
        if (isDraining && inWork?.size === 0) socket.destroySoon();
      });
      void respond(incoming, outgoing);
    },
  );
  server.maxConnections = limits.connections;
  server.on('connection', (socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const inWork = connections.get(socket as Socket) ?? new Set();
    refuseBrokenRequest(
      error,
      socket,
      [...inWork].some((response) => response.headersSent),
    );
  });

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (cause) => reject(bindError(cause, options)));
    server.listen({ host: options.host, port: options.port }, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });

  let closed: Promise<void> | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let drainTimer: NodeJS.Timeout | undefined;
  const listening: Listening = {
    port,
    close({ drainMs }) {
      isDraining = true;
      // The http server's own close() destroys connections whose response is written but not yet
      // sent; the one beneath only stops listening.
      closed ??= new Promise((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      for (const outgoing of [...connections.values()].flatMap((inWork) => [...inWork])) {
        if (!outgoing.headersSent) outgoing.setHeader('Connection', 'close');
      }
      clearTimeout(idleTimer);
      idleTimer = setTimeout(() => {
        for (const [socket, inWork] of connections) if (inWork.size === 0) socket.destroySoon();
      }, ARRIVING_MS);
      clearTimeout(drainTimer);
      drainTimer = setTimeout(() => {
        shutdown.abort(
          new KakehashiError('engine.unavailable', 'The service is shutting down.', {
            remedy: 'Ask again when it is back.',
          }),
        );
        drainTimer = setTimeout(() => {
          for (const socket of connections.keys()) socket.destroy();
        }, LAST_WORDS_MS);
      }, drainMs);
      return closed.finally(() => {
        clearTimeout(idleTimer);
        clearTimeout(drainTimer);
        // Already closed; this ends its timer.
        server.close(() => undefined);
      });
    },
    [Symbol.asyncDispose]: () => listening.close({ drainMs: 0 }),
  };
  return listening;
}

function bindError(cause: Error, { host, port }: ListenOptions): KakehashiError {
  if (isSystemError(cause, 'EADDRINUSE')) {
    return new KakehashiError('port.taken', `Port ${port} on ${host} is in use.`, {
      remedy: `Stop the program that uses it, or take another one: --port ${port + 1}.`,
      detail: { port },
      cause,
    });
  }
  const reason = isSystemError(cause, 'EACCES')
    ? `Port ${port} needs more rights than this program has.`
    : `The service cannot listen on ${host}, port ${port}.`;
  return new KakehashiError('config.invalid', reason, {
    remedy: 'Choose an address of this machine with --host and a port above 1023 with --port.',
    detail: { port },
    cause,
  });
}
