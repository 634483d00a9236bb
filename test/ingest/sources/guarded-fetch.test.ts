import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createGuardedFetch,
  isPublic,
  publicLookup,
} from '../../../src/ingest/sources/guarded-fetch.js';

let server: Server;
let port: number;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const [, path = '', target = ''] = /^\/(\w+)(?:\?to=(.*))?$/u.exec(request.url ?? '') ?? [];
    if (path === 'move') response.writeHead(302, { location: decodeURIComponent(target) }).end();
    else if (path === 'large') response.end('x'.repeat(5000));
    else if (path === 'slow') setTimeout(() => response.end('late'), 5000).unref();
    else response.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = (more: Partial<Parameters<typeof createGuardedFetch>[0]> = {}) =>
  createGuardedFetch({ allowHosts: [], maxBytes: 1000, timeoutMs: 1000, ...more });
const here = () => `http://127.0.0.1:${port}`;
const allowed = () => open({ allowHosts: [`127.0.0.1:${port}`] });

/** Spellings and kinds of addresses inside a network; the names are resolved by `rebinding`. */
const INSIDE = `
  127.0.0.1 127.1 127.255.255.254 0.0.0.0 0 2130706433 0x7f000001 0x7f.1 017700000001
  0177.0.0.1 127.0.0.1. 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
  192.168.255.255 169.254.169.254 0xa9fea9fe 2852039166 100.64.0.1 192.0.0.1 192.0.2.1
  198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 [::1] [::]
  [fe80::1] [fc00::1] [fd12:3456::1] [ff02::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
  [::ffff:169.254.169.254] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe]
  [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [2001:db8::1] [fec0::1]
  localhost localhost. LOCALHOST rebinding.example mixed.example ①②⑦.0.0.1 127。0。0。1
  %31%32%37.0.0.1
`
  .trim()
  .split(/\s+/u);

describe('createGuardedFetch', () => {
  it('reaches no address inside the network, however it is written or resolved', async () => {
    asked = [];
    await using fetching = open({
      resolve: (host) => {
        if (host === 'mixed.example') return Promise.resolve(['93.184.215.14', '10.0.0.7']);
        return Promise.resolve(['127.0.0.1']);
      },
    });
    expect(INSIDE.length).toBeGreaterThanOrEqual(50);
    for (const host of INSIDE) {
      await expect(fetching.get(`http://${host}:${port}/`, {})).rejects.toMatchObject({
        code: 'ingest.source_failed',
        message: expect.stringContaining('private network'),
      });
    }
    expect(asked).toEqual([]);
  });

  it('hands on the address that was checked, and asks for it once', async () => {
    let resolved = 0;
    // Public at first, inside from the second time on: the owner of the name decides.
    const lookup = publicLookup(() =>
      Promise.resolve(resolved++ === 0 ? ['93.184.215.14'] : ['127.0.0.1']),
    );
    const look = () =>
      new Promise((resolve, reject) => {
        lookup('rebinding.example', { all: true }, (error, found) => {
          if (error === null) resolve(found);
          else reject(error);
        });
      });
    await expect(look()).resolves.toEqual([{ address: '93.184.215.14', family: 4 }]);
    expect(resolved).toBe(1);
    await expect(look()).rejects.toThrow(/private/u);
  });

  it('follows no other scheme and no password in an address', async () => {
    await using fetching = allowed();
    const addresses = ['file:///etc/passwd', 'ftp://example.com/', `http://a:b@127.0.0.1:${port}/`];
    for (const address of addresses) {
      await expect(fetching.get(address, {})).rejects.toMatchObject({
        code: 'ingest.source_failed',
      });
    }
  });

  it('reaches a host inside that is allowed with its port, and no other port of it', async () => {
    await using fetching = allowed();
    const { status, bytes } = await fetching.get(`${here()}/page`, {});
    expect([status, Buffer.from(bytes).toString()]).toEqual([200, 'here']);
    await expect(fetching.get(`http://127.0.0.1:${port + 1}/`, {})).rejects.toMatchObject({
      message: expect.stringContaining('private network'),
    });
  });

  it('checks every redirect, and follows three', async () => {
    await using fetching = allowed();
    const move = (to: string) => `${here()}/move?to=${encodeURIComponent(to)}`;
    expect((await fetching.get(move(move(move('/end'))), {})).url).toBe(`${here()}/end`);
    await expect(fetching.get(move(move(move(move('/end')))), {})).rejects.toThrow(/too often/u);
    await expect(fetching.get(move('http://169.254.169.254/'), {})).rejects.toThrow(/private/u);
    await expect(fetching.get(move('file:///etc/passwd'), {})).rejects.toThrow(/private/u);
  });

  it('ends what is too large, too slow or no longer wanted', async () => {
    await using fetching = open({ allowHosts: [`127.0.0.1:${port}`], timeoutMs: 200 });
    await expect(fetching.get(`${here()}/large`, {})).rejects.toMatchObject({
      code: 'ingest.too_large',
    });
    await expect(fetching.get(`${here()}/slow`, {})).rejects.toThrow(/did not answer/u);
    const signal = AbortSignal.abort();
    await expect(fetching.get(`${here()}/slow`, { signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('takes addresses of the internet for public', () => {
    for (const address of ['93.184.215.14', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946']) {
      expect(isPublic(address)).toBe(true);
    }
    expect(isPublic('no address')).toBe(false);
  });
});
