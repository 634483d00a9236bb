import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, readEvents, type SseEvent } from '../../src/ui/lib/sse.js';

const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\uFEFF]/gu, ''));
const event = fc.record({
  event: fc.constantFrom('decision', 'delta', 'done'),
  data: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
});
const newline = fc.constantFrom('\n', '\r\n', '\r');

function write(events: readonly SseEvent[], end: string): string {
  return events
    .map(({ event: name, data }) => {
      const lines = data.split('\n').map((text) => `data: ${text}`);
      return [`: heartbeat`, `event: ${name}`, ...lines, '', ''].join(end);
    })
    .join('');
}

/** Cuts at the given places, in any order and number. */
function cutAt<T extends { slice(from: number, to: number): T; length: number }>(
  whole: T,
  places: readonly number[],
): T[] {
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
}

describe('createSseParser', () => {
  test('gives the same events wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(event), newline, fc.array(fc.nat()), (events, end, places) => {
        const parser = createSseParser();
        // A trailing line feed tells a lone CR at the end from half a CRLF.
        const cuts = cutAt(`${write(events, end)}\n`, places);
        expect(cuts.flatMap((cut) => parser.push(cut))).toEqual(events);
      }),
    );
  });

  test('skips comments, byte order mark, unknown fields and empty events', () => {
    const parser = createSseParser();
    expect(parser.push('\uFEFF: hi\nid: 7\nretry: 10\n\nevent: x\n\ndata:a\ndata\n\n')).toEqual([
      { event: 'message', data: 'a\n' },
    ]);
  });

  test('gives nothing for an event that has not ended', () => {
    expect(createSseParser().push('event: done\ndata: {}\n')).toEqual([]);
  });
});

test('reads events from bytes cut inside letters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event), fc.array(fc.nat()), async (events, places) => {
      const bytes = new TextEncoder().encode(write(events, '\n'));
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const cut of cutAt<Uint8Array>(bytes, places)) controller.enqueue(cut);
          controller.close();
        },
      });
      const read: SseEvent[] = [];
      for await (const next of readEvents(body)) read.push(next);
      expect(read).toEqual(events);
    }),
    { numRuns: 50 },
  );
});

test('cancels the body when the reader stops early', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const next of readEvents(body)) {
    expect(next.data).toBe('1');
    break;
  }
  expect(cancelled).toBe(true);
});
