export type SseEvent = { event: string; data: string };

/**
 * Incremental parser of `text/event-stream` (HTML standard, 9.2.6). Text may be cut anywhere, also
 * between CR and LF; comments (heartbeats), `id` and `retry` are dropped.
 */
export function createSseParser(): { push(text: string): SseEvent[] } {
  let buffer = '';
  let atStart = true;
  let event = '';
  let data: string[] = [];

  function takeLine(line: string, events: SseEvent[]): void {
    if (line === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /u, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }

  return {
    push(text) {
      if (atStart && text !== '') {
        buffer = text.replace(/^\uFEFF/u, '');
        atStart = false;
      } else buffer += text;
      const events: SseEvent[] = [];
      let from = 0;
      for (;;) {
        const end = lineEnd(buffer, from);
        if (end === null) break;
        takeLine(buffer.slice(from, end.at), events);
        from = end.next;
      }
      buffer = buffer.slice(from);
      return events;
    },
  };
}

/** A lone CR at the very end may be half of a CRLF: it waits for the next cut. */
function lineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\n') return { at, next: at + 1 };
    if (char !== '\r') continue;
    if (at + 1 === text.length) return null;
    return { at, next: text[at + 1] === '\n' ? at + 2 : at + 1 };
  }
  return null;
}

/** Events of a response body, as they arrive. Leaving the loop early cancels the stream. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = createSseParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
