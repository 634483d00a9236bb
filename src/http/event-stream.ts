export type EventStreamOptions = {
  heartbeatMs: number;
  /** Bytes that may wait for the reader. */
  bufferBytes: number;
  /** Ends the connection at once; without it the stream ends in an error. */
  cut: (() => void) | undefined;
  /** Called once when the reader has gone or was cut. */
  onGone: (why: 'disconnected' | 'too_slow') => void;
};

export type EventStream = {
  body: ReadableStream<Uint8Array>;
  /** Queues one event; nothing happens once the stream has ended. */
  send(event: string, data: unknown): void;
  end(): void;
};

/**
 * A body of server-sent events. Tokens come whether or not anybody reads, so what waits is
 * counted, and a reader further behind than `bufferBytes` is cut.
 */
export function openEventStream(options: EventStreamOptions): EventStream {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isOpen = true;

  const close = () => {
    isOpen = false;
    clearInterval(heartbeat);
  };
  const write = (text: string) => {
    if (!isOpen || controller === undefined) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 0) >= 0) return;
    close();
    if (options.cut) options.cut();
    else controller.error(new Error('the reader is too slow'));
    options.onGone('too_slow');
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), options.heartbeatMs);
  heartbeat.unref();

  const body = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened;
      },
      cancel() {
        if (!isOpen) return;
        close();
        options.onGone('disconnected');
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: options.bufferBytes }),
  );
  return {
    body,
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end() {
      if (!isOpen) return;
      close();
      controller?.close();
    },
  };
}
