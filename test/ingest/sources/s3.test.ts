import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3Source } from '../../../src/ingest/sources/s3.js';
import { SourceSettings } from '../../../src/ingest/sources/source.js';

let server: Server;
let endpoint: string;
let status: number;
let signatures: (string | undefined)[];
const objects: Record<string, string> = {
  'docs/a b.md': 'one',
  'docs/規程.md': '二',
  'docs/': '',
  'docs/c.md': 'three',
  'other/d.md': 'no',
};

/** Lists two objects at a time. */
function listing(query: URLSearchParams): string {
  const keys = Object.keys(objects).filter((key) => key.startsWith(query.get('prefix') ?? ''));
  const from = Number(query.get('continuation-token') ?? 0);
  const isCut = from + 2 < keys.length;
  const contents = keys
    .slice(from, from + 2)
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><ETag>&quot;${objects[key]}&quot;</ETag><Size>9</Size></Contents>`,
    );
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${contents.join('')}<IsTruncated>${isCut}</IsTruncated>${isCut ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : ''}</ListBucketResult>`;
}

beforeEach(async () => {
  status = 200;
  signatures = [];
  server = createServer((request, response) => {
    signatures.push(request.headers.authorization);
    const url = new URL(request.url ?? '', 'http://x');
    const key = decodeURIComponent(url.pathname).replace('/manuals/', '');
    response.statusCode = status;
    response.end(url.pathname === '/manuals' ? listing(url.searchParams) : objects[key]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listed(credentials: Parameters<typeof s3Source>[1] = null) {
  const settings = SourceSettings.parse({
    kind: 's3',
    endpoint,
    bucket: 'manuals',
    prefix: 'docs/',
  }) as Extract<SourceSettings, { kind: 's3' }>;
  const found: Record<string, string> = {};
  for await (const item of s3Source(settings, credentials)({ signal: undefined })) {
    const content = await item.fetch(null);
    found[item.path] = `${item.fingerprint} ${Buffer.from(content?.bytes ?? []).toString()}`;
  }
  return found;
}

describe('s3Source', () => {
  it('gives the objects below the prefix, page by page, marked by their ETag', async () => {
    expect(await listed()).toEqual({
      'a b.md': '"one" one',
      '規程.md': '"二" 二',
      'c.md': '"three" three',
    });
    expect(signatures.every((signature) => signature === undefined)).toBe(true);
  });

  it('signs what it asks for, and shows no key when it is refused', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'very-secret' };
    await listed(credentials);
    expect(signatures[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/s3/u,
    );
    status = 403;
    await expect(listed(credentials)).rejects.toMatchObject({
      code: 'ingest.source_failed',
      message: 'The bucket answers 403.',
    });
  });

  it('fails when nobody answers', async () => {
    endpoint = 'http://127.0.0.1:1';
    await expect(listed()).rejects.toMatchObject({ code: 'ingest.source_failed' });
  });
});
