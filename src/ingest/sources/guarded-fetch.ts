import type { LookupAddress } from 'node:dns';
import { lookup as lookupHost } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import ipaddr from 'ipaddr.js';
import { Agent, request } from 'undici';
import { abortError, isKakehashiError, KakehashiError } from '../../errors.js';
import { readBody } from './read-body.js';

export type GuardedResponse = {
  status: number;
  /** After redirects. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Empty unless the status is 200. */
  bytes: Uint8Array;
};

export type GuardedFetchOptions = {
  /** Hosts, with port if it is not the usual one, whose addresses may be private. */
  allowHosts: readonly string[];
  maxBytes: number;
  timeoutMs: number;
  /** Addresses of a host name; in place of the system's. */
  resolve?: (host: string) => Promise<readonly string[]>;
};

export type GuardedFetch = AsyncDisposable & {
  /**
   * Errors: `ingest.source_failed` for an address that must not be reached, or a server that cannot;
   * `ingest.too_large`; `cancelled`.
   */
  get(
    url: string,
    options: { headers?: Record<string, string>; signal?: AbortSignal | undefined },
  ): Promise<GuardedResponse>;
};

const MAX_REDIRECTS = 3;
const USER_AGENT = 'Kakehashi';

/**
 * Reads pages that a configuration names and that pages name, without becoming a way into the network
 * that it runs in: http and https only, every address of a host must be a public one, the connection
 * goes to the address that was checked, redirects are checked like the first address (OWASP, Server-Side
 * Request Forgery Prevention Cheat Sheet).
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const resolve = options.resolve ?? resolveHost;
  const limits = { headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs };
  // The name is not resolved a second time when it is connected to: its owner may answer otherwise then.
  const guarded = new Agent({ ...limits, connect: { lookup: publicLookup(resolve) } });
  const open = new Agent(limits);
  const allowed = new Set(options.allowHosts.map((host) => host.toLowerCase()));

  function check(address: string): URL {
    const url = new URL(address);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused();
    if (url.username !== '' || url.password !== '') throw refused();
    if (allowed.has(url.host)) return url;
    // WHATWG URL has written decimal, octal and hexadecimal spellings as dotted ones by now.
    const literal = url.hostname.replace(/^\[|\]$/gu, '');
    if (ipaddr.isValid(literal) && !isPublic(literal)) throw refused();
    return url;
  }

  async function get(
    address: string,
    {
      headers = {},
      signal,
    }: { headers?: Record<string, string>; signal?: AbortSignal | undefined },
  ): Promise<GuardedResponse> {
    const limit = AbortSignal.timeout(options.timeoutMs);
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    try {
      let url = check(address);
      for (let redirects = 0; ; redirects++) {
        const response = await request(url, {
          dispatcher: allowed.has(url.host) ? open : guarded,
          headers: { 'user-agent': USER_AGENT, ...headers },
          signal: either,
        });
        const { statusCode: status } = response;
        const plain = plainHeaders(response.headers);
        const location = plain['location'];
        if (status >= 300 && status < 400 && location !== undefined) {
          await response.body.dump();
          if (redirects === MAX_REDIRECTS) throw unreachable('redirects too often');
          url = check(new URL(location, url).href);
          continue;
        }
        if (status !== 200) {
          await response.body.dump();
          return { status, url: url.href, headers: plain, bytes: new Uint8Array() };
        }
        const bytes = await readBody(response.body, options.maxBytes);
        return { status, url: url.href, headers: plain, bytes };
      }
    } catch (error) {
      if (signal?.aborted === true) throw abortError(signal);
      if (isKakehashiError(error)) throw error;
      if (error instanceof Error && isKakehashiError(error.cause)) throw error.cause;
      throw unreachable('did not answer', error);
    }
  }

  return {
    get,
    async [Symbol.asyncDispose]() {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
}

/** Gives a host's address only when all of its addresses are public. */
export function publicLookup(
  resolve: (host: string) => Promise<readonly string[]>,
): LookupFunction {
  const look = async (host: string): Promise<LookupAddress> => {
    const [address, ...others] = await resolve(host);
    if (address === undefined || ![address, ...others].every(isPublic)) throw refused();
    return { address, family: address.includes(':') ? 6 : 4 };
  };
  return (host, { all }, callback) => {
    callbackify(look)(host, (error, found) => {
      if (error !== null) callback(error, '', 4);
      else if (all === true) callback(null, [found]);
      else callback(null, found.address, found.family);
    });
  };
}

async function resolveHost(host: string): Promise<readonly string[]> {
  const found = await lookupHost(host, { all: true });
  return found.map(({ address }) => address);
}

/** Not loopback, private, link-local, shared, reserved, multicast, or one of these in another dress. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || !isTranslated(parsed);
}

/** IPv4 inside IPv6: NAT64 (RFC 6052), its local prefix (RFC 8215), 6to4, Teredo, compatible. */
function isTranslated(address: ipaddr.IPv6): boolean {
  return ['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32', '::/96'].some((range) =>
    address.match(ipaddr.IPv6.parseCIDR(range)),
  );
}

function plainHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name.toLowerCase(), Array.isArray(value) ? (value[0] ?? '') : value]],
    ),
  );
}

function refused(): KakehashiError {
  return new KakehashiError(
    'ingest.source_failed',
    'An address of the source lies in a private network.',
    {
      remedy: 'If that is meant, name the host in allow_hosts of corpus.yaml.',
    },
  );
}

function unreachable(what: string, cause?: unknown): KakehashiError {
  return new KakehashiError('ingest.source_failed', `The site ${what}.`, {
    remedy: 'Open the address of corpus.yaml from this machine, then index again.',
    cause,
  });
}
