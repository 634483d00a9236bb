import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../env.js';
import { KakehashiError } from '../../errors.js';
import { respondProblem } from '../errors.js';

const JSON_TYPE = /^application\/json\s*(?:;|$)/iu;

/**
 * Reads a JSON body for the validator behind it: right content type (415), no more than
 * `maxBytes` counted as they come in (413), valid UTF-8 (400).
 */
export function jsonBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) {
      return respondProblem(
        c,
        new KakehashiError('request.invalid', 'The body must be JSON.', {
          remedy: 'Send the header Content-Type: application/json.',
        }),
        { status: 415 },
      );
    }
    const announced = Number(c.req.header('content-length') ?? 0);
    const bytes = announced > maxBytes ? null : await readAtMost(c.req.raw.body, maxBytes);
    if (bytes === null) {
      throw new KakehashiError('request.too_large', `The body is over ${maxBytes} bytes.`, {
        remedy: 'Ask a shorter question.',
        detail: { max_bytes: maxBytes },
      });
    }
    // Hono keeps promises here, although its type says strings.
    Object.assign(c.req.bodyCache, { text: Promise.resolve(decodeUtf8(bytes)) });
    return next();
  };
}

async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  try {
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      size += part.value.length;
      if (size > maxBytes) {
        reader?.cancel().catch(() => undefined);
        return null;
      }
      chunks.push(part.value);
    }
  } catch (cause) {
    throw new KakehashiError('cancelled', 'The caller left before the body had arrived.', {
      cause,
    });
  }
  return Buffer.concat(chunks, size);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new KakehashiError('request.invalid', 'The body is not valid UTF-8.', {
      remedy: 'Encode the JSON text in UTF-8.',
    });
  }
}
