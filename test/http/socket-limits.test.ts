import { describe, expect, it } from 'vitest';
import { listen } from '../../src/http/serve.js';
import { Problem } from '../../src/schemas.js';
import { testApp } from './test-app.js';
import { dial, question, start, until } from './test-server.js';

describe('the socket', () => {
  it('refuses a body over the limit while it is still coming', async () => {
    const { server } = await start();
    const { socket, received } = dial(server.port);
    socket.write(
      'POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n',
    );
    for (let sent = 0; sent < 6; sent++) socket.write(`4000\r\n${' '.repeat(0x4000)}\r\n`);
    await until(() => received().includes('request.too_large'));
    expect(received()).toMatch(/^HTTP\/1\.1 413 /u);
  });

  it.each([
    ['garbage', 'NONSENSE\r\n\r\n', 400],
    [
      'headers too large',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['no Host', 'GET /healthz HTTP/1.0\r\n\r\n', 400],
    ['a Host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['another Host', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
  ])('meets %s with a problem', async (_name, bytes, status) => {
    const { server } = await start();
    const { socket, received } = dial(server.port);
    socket.write(bytes);
    await until(() => received().endsWith('}'));
    const [head, body] = received().split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('application/problem+json');
    expect(Problem.parse(JSON.parse(body ?? '')).status).toBe(status);
  });

  it('closes on headers and bodies that trickle', async () => {
    const limits = { headersMs: 150, requestMs: 300, checkMs: 50 };
    const { server } = await start({}, {}, limits);
    const slowHeaders = dial(server.port);
    slowHeaders.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ');
    const slowBody = dial(server.port);
    slowBody.socket.write(question({}, server.port).slice(0, -5));
    await Promise.all([slowHeaders.closed, slowBody.closed]);
    expect(slowHeaders.received()).toMatch(/^HTTP\/1\.1 408 /u);
    expect(slowBody.received()).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('keeps a connection for the next request and closes an idle one', async () => {
    const { server } = await start({}, {}, { idleMs: 100 });
    const { socket, received, closed } = dial(server.port);
    const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(request);
    await until(() => received().includes('"ok"'));
    socket.write(request);
    await until(() => received().split('"ok"').length === 3);
    await closed;
    expect(received()).toContain('keep-alive');
  });

  it('names a port that is taken and what to do', async () => {
    const { server, app } = await start();
    await expect(listen({ app, host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'port.taken',
      message: expect.stringContaining(String(server.port)) as string,
      remedy: expect.stringContaining('--port') as string,
    });
  });

  it('says that an address is not of this machine', async () => {
    const { app } = testApp();
    await expect(listen({ app, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'config.invalid',
    });
  });
});
