import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/schemas.js';
import { testApp } from './test-app.js';

const RUNS = 200;

/** Text that breaks naive readers: half surrogates, NUL, marks that turn direction, `__proto__`. */
const awkwardText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '\ud83d',
    '\udc00\ud800',
    '\0',
    '\u202e',
    '\u{e0041}',
    '__proto__',
    'ﷺ'.repeat(500),
  ),
  fc.constantFrom('[1]', "' OR 1=1 --", '../../etc/passwd', '<|im_start|>', '休暇は何日？'),
  fc.string({ minLength: 3990, maxLength: 4010 }),
);
const awkwardValue = fc.oneof(
  awkwardText,
  fc.jsonValue(),
  fc.double(),
  fc.bigInt().map(Number),
  fc.constantFrom(null, true, [], {}, -0, 2 ** 53, 1e308, 0.5),
);
const fields = [
  'question',
  'query',
  'conversation_id',
  'corpora',
  'language',
  'mode',
  'adapter',
  'max_tokens',
  'deadline_ms',
  'stream',
  'limit',
  'answer_id',
  'helpful',
  'comment',
  '__proto__',
  'constructor',
];
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));

const awkwardBody: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...fields), awkwardValue).map(toJson) },
  {
    weight: 3,
    arbitrary: fc
      .record({ question: awkwardText, stream: fc.boolean(), deadline_ms: fc.constant(1000) })
      .map(toJson),
  },
  { weight: 2, arbitrary: fc.record({ query: awkwardText }).map(toJson) },
  { weight: 2, arbitrary: awkwardValue.map(toJson) },
  // Escapes that JSON.stringify would not write, numbers that become Infinity, nesting.
  fc
    .constantFrom(
      '"\\ud800"',
      '"\\u0000"',
      '1e999',
      '-1e999',
      '123456789012345678901234567890',
      '-',
    )
    .map((raw) => utf8(`{"question": ${raw}, "query": ${raw}}`)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => utf8('['.repeat(depth) + ']'.repeat(depth))),
  fc.integer({ min: 1, max: 9_000 }).map((depth) => utf8('{"a":'.repeat(depth))),
  fc.integer({ min: 60_000, max: 70_000 }).map((size) => utf8(`"${'a'.repeat(size)}"`)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  fc.json().map((text) => utf8(text.slice(0, -1))),
);

function toJson(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(value) ?? 'undefined');
}

/** Null for a response that is fine, otherwise what is wrong with it. */
async function incivility(response: Response): Promise<string | null> {
  const text = await response.text();
  if (response.status >= 500) return text;
  if (response.ok) return null;
  const problem = Problem.safeParse(JSON.parse(text));
  if (!problem.success || problem.data.status !== response.status) return text;
  const type = response.headers.get('content-type');
  return type === 'application/problem+json' ? null : type;
}

describe('awkward input', () => {
  it.each(['/answer', '/search', '/feedback'])(
    'in the body of %s is met with a problem',
    async (path) => {
      const { app } = testApp();
      await fc.assert(
        fc.asyncProperty(
          awkwardBody,
          fc.constantFrom('application/json', 'application/json; charset=utf-16', 'text/json', 'x'),
          async (body, type) => {
            const headers = { 'Content-Type': type };
            expect(
              await incivility(await app.request(path, { method: 'POST', headers, body })),
            ).toBeNull();
          },
        ),
        { numRuns: RUNS },
      );
    },
  );

  it('in the address of a document is met with a problem', async () => {
    const { app } = testApp();
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }).map(encodeURIComponent),
      fc.constantFrom('%', '%E0%A4%A', '%00', '..', '%2e%2e', '%2F', 'a%ED%A0%80', 'a'.repeat(600)),
    );
    await fc.assert(
      fc.asyncProperty(piece, piece, piece, async (corpus, id, revision) => {
        expect(
          await incivility(await app.request(`/documents/${corpus}/${id}?revision=${revision}`)),
        ).toBeNull();
        expect(await incivility(await app.request(`/documents/handbook/${id}`))).toBeNull();
      }),
      { numRuns: RUNS },
    );
  });

  it('in headers is met with a problem', async () => {
    const { app } = testApp();
    const value = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
      fc.string({
        unit: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
      }),
    );
    const names = ['Host', 'Origin', 'X-Request-Id', 'Idempotency-Key', 'Content-Length', 'Accept'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), value, async (name, text) => {
        const headers = { 'Content-Type': 'application/json', [name]: text };
        const body = '{"question": "leave?"}';
        expect(
          await incivility(await app.request('/answer', { method: 'POST', headers, body })),
        ).toBeNull();
      }),
      { numRuns: RUNS },
    );
  });
});
