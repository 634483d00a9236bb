import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KakehashiError, isSystemError, throwIfAborted } from '../errors.js';
import { failedDownload, hubFileUrl, requestHubFile } from './hub-request.js';
import type { HubSource } from './model-entry.js';
import { checksumMismatch, fileBytes } from './model-files.js';
import type { SourceContext, SourceTarget } from './source.js';

export type HubOptions = {
  /** Base address of the hub, such as a mirror inside the company. */
  endpoint: string;
  token: string | null;
  /** A connection that brings nothing for so long is given up. */
  idleMs: number;
  /** Pause before going on after a cut connection, doubled each time. */
  retryDelayMs: number;
};

/** Cut connections in a row, without a byte of progress between, until the hub is given up. */
const mostBarrenAttempts = 3;
/** All attempts together: enough for a poor line, an end for a server that feeds byte by byte. */
const mostAttempts = 50;

/** The connection broke or stood still; what arrived is kept and the rest asked for. */
class Interrupted extends Error {
  override readonly name = 'Interrupted' as const;
}

/**
 * Downloads one file of a model hub into `target.partPath`, going on from what is there by HTTP
 * Range while the file on the hub is the same. Throws `model.checksum_mismatch` when the hub
 * states another checksum or size than ours, `model.truncated` when it ends early for good,
 * `model.download_failed` otherwise.
 */
export async function downloadFromHub(
  source: HubSource,
  target: SourceTarget,
  options: HubOptions,
  context: SourceContext,
): Promise<void> {
  const url = hubFileUrl(options.endpoint, source);
  let barren = 0;
  for (let attempts = 1; ; attempts++) {
    const before = await fileBytes(target.partPath);
    try {
      await attempt(url, target, options, context);
      await rm(etagPath(target), { force: true });
      return;
    } catch (error) {
      throwIfAborted(context.signal);
      if (!(error instanceof Interrupted)) throw error;
      const after = await fileBytes(target.partPath);
      barren = (after ?? 0) > (before ?? 0) ? 0 : barren + 1;
      if (barren >= mostBarrenAttempts || attempts >= mostAttempts)
        throw gaveUp(error, after ?? 0, target);
      await sleep(options.retryDelayMs * 2 ** barren, undefined, { signal: context.signal });
    }
  }
}

function gaveUp(error: Interrupted, bytes: number, target: SourceTarget): KakehashiError {
  if (bytes === 0) return failedDownload(error.message, error.cause);
  return new KakehashiError('model.truncated', `The hub stopped in the middle: ${error.message}.`, {
    remedy: 'Pull again: what has arrived is kept.',
    detail: { bytes, ...(target.bytes === null ? {} : { expectedBytes: target.bytes }) },
    cause: error,
  });
}

async function attempt(
  url: URL,
  target: SourceTarget,
  options: HubOptions,
  context: SourceContext,
): Promise<void> {
  const have = (await fileBytes(target.partPath)) ?? 0;
  if (target.bytes !== null && have === target.bytes) return;
  const etag = have > 0 ? await readEtag(target) : null;
  // Without knowing which file the beginning belongs to, going on from it would mix two files.
  const start = etag === null ? 0 : have;
  using idle = idleLimit(options.idleMs, context.signal);
  const { response, statedSha256 } = await withNetworkErrors(start > 0, () =>
    requestHubFile(url, {
      token: options.token,
      signal: idle.signal,
      headers: start > 0 && etag !== null ? { range: `bytes=${start}-`, 'if-range': etag } : {},
    }),
  );
  if (target.sha256 !== null && statedSha256 !== null && statedSha256 !== target.sha256) {
    await response.body?.cancel();
    throw checksumMismatch('The file on the hub', anotherFile);
  }
  if (response.status === 416) {
    await response.body?.cancel();
    await rm(target.partPath, { force: true });
    throw new Interrupted('it did not go on from what was here');
  }
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    throw new Interrupted(`it answered with status ${response.status}`);
  }
  if ((response.status !== 200 && response.status !== 206) || response.body === null) {
    await response.body?.cancel();
    throw failedDownload(`it answered with status ${response.status}`);
  }
  const from = response.status === 206 ? start : 0;
  if (response.status === 206 && rangeStart(response) !== start) {
    throw failedDownload('it answered with another range than asked for');
  }
  const length = response.headers.get('content-length');
  const total = length === null ? target.bytes : from + Number(length);
  if (target.bytes !== null && total !== target.bytes) {
    await response.body.cancel();
    throw checksumMismatch('The file on the hub', anotherFile);
  }
  if (total !== null) await context.assertSpace(total - from);
  await writeEtag(target, response.headers.get('etag'));
  await using file = await open(target.partPath, from > 0 ? 'r+' : 'w');
  await file.truncate(from);
  await receive(response.body, { file, from, total }, idle, context);
}

const anotherFile = 'The hub has another file under this name; another source may have ours.';

async function receive(
  body: ReadableStream<Uint8Array>,
  { file, from, total }: { file: FileHandle; from: number; total: number | null },
  idle: { touch: () => void },
  context: SourceContext,
): Promise<void> {
  let bytes = from;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await withNetworkErrors(true, () => reader.read());
      if (done) break;
      idle.touch();
      throwIfAborted(context.signal);
      if (total !== null && bytes + value.length > total) {
        throw checksumMismatch('The file on the hub', anotherFile);
      }
      await file.write(value, 0, value.length, bytes);
      bytes += value.length;
      context.onBytes(bytes, total);
    }
  } finally {
    await reader.cancel().catch(() => undefined); // already closed or failed: nothing to cancel
  }
  if (total !== null && bytes < total) throw new Interrupted('it ended early');
}

/** A network failure as `Interrupted` when it is worth another try, else `model.download_failed`. */
async function withNetworkErrors<T>(isWorthRetrying: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KakehashiError) throw error;
    const isStall = error instanceof DOMException && error.name === 'TimeoutError';
    const why = isStall ? 'it stood still' : 'the connection failed';
    throw isWorthRetrying || isStall
      ? new Interrupted(why, { cause: error })
      : failedDownload(why, error);
  }
}

/** A signal that fires `ms` after the last `touch`, or with `outer`. */
function idleLimit(ms: number, outer: AbortSignal) {
  const controller = new AbortController();
  const fire = () => controller.abort(new DOMException('nothing arrived', 'TimeoutError'));
  const timer = setTimeout(fire, ms);
  return {
    signal: AbortSignal.any([controller.signal, outer]),
    touch: () => timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function rangeStart(response: Response): number | null {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
}

function etagPath(target: SourceTarget): string {
  return `${target.partPath}.etag`;
}

async function writeEtag(target: SourceTarget, etag: string | null): Promise<void> {
  // A weak tag does not promise equal bytes, so it is no ground for going on.
  if (etag === null || etag.startsWith('W/')) await rm(etagPath(target), { force: true });
  else await writeFile(etagPath(target), etag);
}

async function readEtag(target: SourceTarget): Promise<string | null> {
  try {
    return await readFile(etagPath(target), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
