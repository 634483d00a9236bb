import { type App, type AppOptions, createApp } from '../../src/http/app.js';
import { localPrincipal } from '../../src/http/principal.js';
import { type FakeAnswerer, fakeAnswerer, type Script } from './fake-answerer.js';

export type TestApp = {
  app: App;
  answerer: FakeAnswerer;
  /** Log lines as written, parsed. */
  lines: Record<string, unknown>[];
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
};

/** The app over a scripted answerer; log lines are collected, the clock can be replaced. */
export function testApp(script: Script = {}, options: Partial<AppOptions> = {}): TestApp {
  const lines: Record<string, unknown>[] = [];
  const write = (line: unknown) => {
    lines.push(JSON.parse(JSON.stringify(line)) as Record<string, unknown>);
  };
  const answerer = fakeAnswerer(script);
  let ids = 0;
  const app = createApp({
    answerer,
    readiness: () => [{ name: 'model', ok: true, detail: '' }],
    staticDir: 'test/http/no-page',
    version: '0.1.0',
    log: { debug: write, info: write, error: write },
    now: () => performance.now(),
    newId: () => `00000000-0000-4000-8000-${String(ids++).padStart(12, '0')}`,
    principalOf: localPrincipal,
    ...options,
  });
  const post: TestApp['post'] = async (path, body, headers = {}) =>
    await app.request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { app, answerer, lines, post };
}

export type SentEvent = { event: string; data: unknown };

/** Parses a whole event stream; comments are left out. */
export function parseEvents(text: string): SentEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const match = /^event: (\w+)\ndata: (.*)$/u.exec(block);
      if (!match) throw new Error(`not an event: ${block.slice(0, 80)}`);
      return { event: match[1] ?? '', data: JSON.parse(match[2] ?? '') as unknown };
    });
}
