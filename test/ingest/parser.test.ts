import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createParser, type ParserOptions } from '../../src/ingest/parser.js';
import { temporaryFolder } from '../store/fixtures.js';
import { makePdf } from './readers/make-pdf.js';

const built = join(import.meta.dirname, '../../dist/ingest/parse-worker.js');

async function fileOf(bytes: Uint8Array) {
  const file = join(await temporaryFolder(), 'a.pdf');
  await writeFile(file, bytes);
  return { file, path: 'a.pdf', reader: 'pdf' };
}

/** A worker that does `body` with each message. */
async function workerDoing(body: string): Promise<ParserOptions> {
  const workerFile = join(await temporaryFolder(), 'worker.mjs');
  await writeFile(workerFile, `process.on('message', (request) => { ${body} });`);
  return { workerFile };
}

describe('createParser', () => {
  it('reads in a process of its own, one after the other', async () => {
    await using parser = createParser({ workerFile: built });
    const request = await fileOf(makePdf([['Hotel limits']]));
    for (let round = 0; round < 2; round++) {
      const { documents } = await parser.parse(request);
      expect(documents[0]?.blocks).toMatchObject([{ text: 'Hotel limits' }]);
    }
  });

  it("passes on the reader's own error, and goes on", async () => {
    await using parser = createParser({ workerFile: built });
    const damaged = await fileOf(new TextEncoder().encode('%PDF-1.4 damaged'));
    await expect(parser.parse(damaged)).rejects.toThrow(/no PDF, or is damaged/u);
    const good = await fileOf(makePdf([['Good']]));
    expect((await parser.parse(good)).documents).toHaveLength(1);
  });

  it('passes on that an error withdraws', async () => {
    const failed = `{ code: 'ingest.read_failed', message: 'x', remedy: 'y', detail: { withdraws: true } }`;
    const options = await workerDoing(`process.send({ id: request.id, failed: ${failed} })`);
    await using parser = createParser(options);
    await expect(parser.parse({ file: 'x', path: 'x', reader: 'json' })).rejects.toMatchObject({
      detail: { withdraws: true },
    });
  });

  it.each([
    ['dies', 'process.exit(1)', /ended the process/u],
    ['hangs', 'for (;;);', /more than 1 s of processor time/u],
    ['waits without end', 'setInterval(() => undefined, 1000);', /longer than 0.05 min/u],
    [
      'takes memory without end',
      'const all = []; setInterval(() => all.push(Buffer.alloc(20e6, 1)), 20);',
      /too much memory/u,
    ],
  ])('survives a file that %s, with a typed error', async (_, body, message) => {
    const options = await workerDoing(body);
    const limits = {
      cpuLimitMs: body.startsWith('for') ? 1000 : 20_000,
      wallLimitMs: body.startsWith('setI') ? 3000 : 60_000,
    };
    await using parser = createParser({ ...options, ...limits, memoryMb: 64 });
    const failed = parser.parse({ file: 'x', path: 'x', reader: 'pdf' });
    await expect(failed).rejects.toMatchObject({ code: 'ingest.read_failed' });
    await expect(failed).rejects.toThrow(message);
  });

  it('starts a new process after one that died', async () => {
    const options = await workerDoing(
      `if (request.id === 1) process.exit(1); process.send({ id: request.id, result: { documents: [], failures: [] } });`,
    );
    await using parser = createParser(options);
    const request = { file: 'x', path: 'x', reader: 'pdf' };
    await expect(parser.parse(request)).rejects.toThrow(/ended the process/u);
    expect(await parser.parse(request)).toEqual({ documents: [], failures: [] });
  });

  it('gives time to a file that waits for a processor', async () => {
    const reply = 'process.send({ id: request.id, result: { documents: [], failures: [] } })';
    const options = await workerDoing(`setTimeout(() => ${reply}, 2000)`);
    await using parser = createParser({ ...options, cpuLimitMs: 1000 });
    expect(await parser.parse({ file: 'x', path: 'x', reader: 'pdf' })).toHaveProperty(
      'documents',
      [],
    );
  });

  it('reads the next file after a process that dies behind its answer', async () => {
    const reply = '{ id: request.id, result: { documents: [], failures: [] } }';
    const options = await workerDoing(`process.send(${reply}, () => process.exit(1));`);
    await using parser = createParser(options);
    const request = { file: 'x', path: 'x', reader: 'pdf' };
    await parser.parse(request);
    // It dies before this process can hear of it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    expect(await parser.parse(request)).toEqual({ documents: [], failures: [] });
  });

  it('is cancelled at once', async () => {
    const options = await workerDoing('for (;;);');
    await using parser = createParser(options);
    const controller = new AbortController();
    const parsing = parser.parse(
      { file: 'x', path: 'x', reader: 'pdf' },
      { signal: controller.signal },
    );
    controller.abort();
    await expect(parsing).rejects.toMatchObject({ code: 'cancelled' });
  });
});
