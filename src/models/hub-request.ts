import { KakehashiError } from '../errors.js';
import type { HubSource } from './model-entry.js';

export type HubResponse = {
  response: Response;
  /** The checksum the hub states for the file, when it states one. */
  statedSha256: string | null;
};

const mostRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export function failedDownload(why: string, cause?: unknown): KakehashiError {
  return new KakehashiError('model.download_failed', `The hub did not deliver: ${why}.`, {
    remedy: 'Check the network, the address of the hub and its access token, then pull again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Address of a file on a hub: `<endpoint>/<repo>/resolve/<revision>/<file>`. */
export function hubFileUrl(endpoint: string, source: HubSource): URL {
  const path = (text: string) => text.split('/').map(encodeURIComponent).join('/');
  const base = endpoint.replace(/\/+$/, '');
  const revision = encodeURIComponent(source.revision);
  return new URL(`${base}/${path(source.repo)}/resolve/${revision}/${path(source.file)}`);
}

/**
 * GET with at most 5 redirects followed by hand: the hub's own answer carries the checksum, the
 * storage it redirects to does not, and must not get the token.
 */
export async function requestHubFile(
  url: URL,
  options: { token: string | null; headers: Record<string, string>; signal: AbortSignal },
): Promise<HubResponse> {
  let statedSha256: string | null = null;
  let current = url;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const mayHaveToken = options.token !== null && current.origin === url.origin;
    const response = await fetch(current, {
      redirect: 'manual',
      signal: options.signal,
      headers: {
        ...options.headers,
        'accept-encoding': 'identity',
        ...(mayHaveToken ? { authorization: `Bearer ${options.token}` } : {}),
      },
    });
    statedSha256 ??= sha256Of(response.headers.get('x-linked-etag'));
    if (!redirectStatuses.has(response.status)) return { response, statedSha256 };
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null) throw failedDownload('it redirects to nowhere');
    const next = new URL(location, current);
    const isWeb = next.protocol === 'https:' || next.protocol === 'http:';
    if (!isWeb || (current.protocol === 'https:' && next.protocol === 'http:')) {
      throw failedDownload('it redirects to an unsafe address');
    }
    current = next;
  }
  throw failedDownload('it redirects in circles');
}

function sha256Of(etag: string | null): string | null {
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase() ?? null;
}
