import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type Listening, listen, type ListenOptions } from '../../src/http/serve.js';
import { type Script, sleep } from './fake-answerer.js';
import { type TestApp, testApp } from './test-app.js';

const open: { close: () => Promise<void> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** The scripted app behind a real port; closed after the test. */
export async function start(
  script: Script = {},
  options: Parameters<typeof testApp>[1] = {},
  limits: ListenOptions['limits'] = {},
): Promise<TestApp & { server: Listening; url: string }> {
  const test = testApp(script, options);
  const server = await listen({ app: test.app, host: '127.0.0.1', port: 0, limits });
  open.push({ close: () => server.close({ drainMs: 0 }) });
  return { ...test, server, url: `http://127.0.0.1:${server.port}` };
}

/** A raw connection: what was received so far, and when the other side closed. */
export function dial(port: number): {
  socket: Socket;
  received: () => string;
  closed: Promise<void>;
} {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => text, closed };
}

/** The bytes of a `POST /answer`. */
export function question(body: object, port: number): string {
  const json = JSON.stringify({ question: 'leave?', ...body });
  return (
    `POST /answer HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
  );
}

export async function until(condition: () => boolean, withinMs = 5000): Promise<void> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > withinMs) throw new Error('waited in vain');
    await sleep(5);
  }
}

export async function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  return await fetch(`${url}/answer`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ question: 'leave?', ...body }),
    ...(signal ? { signal } : {}),
  });
}
