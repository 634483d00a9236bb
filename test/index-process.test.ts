import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.js';
import type { KakehashiError } from '../src/errors.js';
import { bringUpToDateApart } from '../src/index-process.js';
import { temporaryFolder } from './store/fixtures.js';

const config = loadConfig({ environment: {} });

/** Runs a worker that does `body` once it was told what to do. */
async function run(body: string, signal = new AbortController().signal) {
  const workerFile = join(await temporaryFolder(), 'worker.mjs');
  await writeFile(workerFile, `process.on('message', ({ config }) => { ${body} });`);
  const ended: [string, string | undefined][] = [];
  const onEnd = async (corpus: string, error: KakehashiError | null) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ended.push([corpus, error?.code]);
  };
  const result = await bringUpToDateApart(config, { signal, onEnd }, workerFile).catch(
    (error: Error) => error,
  );
  return { result, ended };
}

const TELL = `
  process.send({ corpus: 'manuals', failure: { code: 'store.locked', message: 'm' } });
  process.send({ corpus: config.data, failure: null }, () => process.exit(EXIT));
`;

describe('bringUpToDateApart', () => {
  it('hands on how each corpus went, in turn, before it ends', async () => {
    const { result, ended } = await run(`const EXIT = 0; ${TELL}`);
    expect(result).toBeUndefined();
    expect(ended).toEqual([
      ['manuals', 'store.locked'],
      [config.data, undefined],
    ]);
  });

  it('says so when the process ends before its time', async () => {
    const { result, ended } = await run(`const EXIT = 1; ${TELL}`);
    expect(result).toEqual(new Error('The process of the index ended with 1.'));
    expect(ended).toHaveLength(2);
  });

  it('stops the process when it is cancelled', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const { result } = await run('setInterval(() => undefined, 1000);', stop.signal);
    expect(result).toMatchObject({ code: 'cancelled' });
  });
});
