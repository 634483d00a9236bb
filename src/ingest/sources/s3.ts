import { AwsClient } from 'aws4fetch';
import { abortError, isKakehashiError, KakehashiError } from '../../errors.js';
import { fileTooLarge, MAX_FILE_BYTES } from '../reader.js';
import { childOf, elements, parseXml } from '../readers/xml.js';
import { readBody } from './read-body.js';
import type { Source, SourceItem, SourceSettings } from './source.js';

type S3Settings = Extract<SourceSettings, { kind: 's3' }>;

/** Null reads a bucket that is open to everybody. */
export type S3Credentials = { accessKeyId: string; secretAccessKey: string } | null;

const TIMEOUT_MS = 120_000;
/** 1,000 objects each. */
const MAX_LISTS = 1000;

/**
 * The objects of an S3-compatible bucket below a prefix (ListObjectsV2, path-style addresses, signature
 * version 4). The mark of an object is its ETag.
 */
export function s3Source(settings: S3Settings, credentials: S3Credentials): Source {
  const bucket = `${settings.endpoint.replace(/\/$/u, '')}/${settings.bucket}`;
  const client =
    credentials === null
      ? null
      : new AwsClient({ ...credentials, region: settings.region, service: 's3', retries: 2 });

  return async function* list({ signal }) {
    const get = async (url: string): Promise<Response> => {
      const limit = AbortSignal.timeout(TIMEOUT_MS);
      const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      const init = { signal: either, redirect: 'error' as const };
      try {
        return await (client === null ? fetch(url, init) : client.fetch(url, init));
      } catch (error) {
        if (signal?.aborted === true) throw abortError(signal);
        throw failed('did not answer', error);
      }
    };
    let token: string | null = null;
    for (let lists = 0; lists < MAX_LISTS; lists++) {
      const query = new URLSearchParams({
        'list-type': '2',
        prefix: settings.prefix,
        ...(token === null ? {} : { 'continuation-token': token }),
      });
      const response = await get(`${bucket}?${query.toString()}`);
      if (!response.ok) {
        await response.body?.cancel();
        throw failed(`answers ${response.status}`);
      }
      const page = readListing(await response.text());
      for (const object of page.objects) {
        yield itemOf(object, settings.prefix, (key) => get(`${bucket}/${encodeKey(key)}`));
      }
      token = page.next;
      if (token === null) return;
    }
    throw failed(`holds over ${1000 * MAX_LISTS} objects`);
  };
}

type Listed = { key: string; etag: string; bytes: number };

function readListing(source: string): { objects: Listed[]; next: string | null } {
  try {
    const root = parseXml(source);
    const objects = [...elements(root, 'Contents')].flatMap((entry) => {
      const stated = (name: string) => childOf(entry, name)?.textContent ?? '';
      const key = stated('Key');
      // A key that ends in a slash stands for a folder.
      return key === '' || key.endsWith('/')
        ? []
        : [{ key, etag: stated('ETag'), bytes: Number(stated('Size')) }];
    });
    const isCut = childOf(root, 'IsTruncated')?.textContent === 'true';
    return {
      objects,
      next: isCut ? (childOf(root, 'NextContinuationToken')?.textContent ?? null) : null,
    };
  } catch (error) {
    throw failed('lists its objects in a way that cannot be read', error);
  }
}

function itemOf(
  { key, etag, bytes: size }: Listed,
  prefix: string,
  get: (key: string) => Promise<Response>,
): SourceItem {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  return {
    path: key.slice(folder.length),
    fingerprint: etag || null,
    fetch: async () => {
      if (size > MAX_FILE_BYTES) throw fileTooLarge(size);
      const response = await get(key);
      if (!response.ok) {
        await response.body?.cancel();
        throw new KakehashiError('ingest.read_failed', `The object answers ${response.status}.`, {
          remedy: 'It is tried again at the next run.',
        });
      }
      const bytes = await bodyOf(response);
      return { bytes, fingerprint: etag || (response.headers.get('etag') ?? '') };
    },
  };
}

/** An object may have grown since it was listed. */
async function bodyOf(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  try {
    return await readBody(response.body, MAX_FILE_BYTES);
  } catch (error) {
    throw isKakehashiError(error) ? error : failed('broke off', error);
  }
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

/** Nothing of the address or the key is named: it may hold a secret. */
function failed(what: string, cause?: unknown): KakehashiError {
  return new KakehashiError('ingest.source_failed', `The bucket ${what}.`, {
    remedy:
      'Check endpoint, bucket and region in corpus.yaml, and s3_access_key_id and s3_secret_access_key.',
    cause,
  });
}
