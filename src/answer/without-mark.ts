/** Takes text in pieces; `finish` is told the whole of it. */
export type TextSink = { push: (text: string) => void; finish: (text: string) => void };

/**
 * Passes text on without `mark`, also when the mark comes in pieces: the mark before the lines of a
 * passage is secret, and a model that copies a line copies it too.
 */
export function withoutMark(mark: string, sink: TextSink): TextSink {
  let held = '';
  return {
    push(text) {
      const parts = (held + text).split(mark);
      const rest = parts.pop() ?? '';
      const kept = overlap(rest, mark);
      const passed = parts.join('') + rest.slice(0, rest.length - kept);
      held = rest.slice(rest.length - kept);
      if (passed !== '') sink.push(passed);
    },
    finish(text) {
      if (held !== '') sink.push(held);
      held = '';
      sink.finish(text);
    },
  };
}

/** Length of the longest end of `text` that is a beginning of `mark`, short of the whole mark. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
