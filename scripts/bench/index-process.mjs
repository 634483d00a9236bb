// One run of the index that says which phase it is in: `node … DATA CORPUS DAYS [--stand-back]`. `DAYS`
// puts the clock of the store forward, so that runs a second apart are pruned as nights are; with
// `--stand-back` it leaves the processor to others, as `kakehashi index` does.
import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { standBack } from '../../dist/stand-back.js';

const [data = '', folder = '', days = '0', manner] = process.argv.slice(2);
/** A model takes its time; without any no kill would hit this phase. */
const EMBED_MS = 5;

let said = '';
/** @param {string} phase */
function enter(phase) {
  if (phase === said) return;
  said = phase;
  process.stdout.write(`${phase}\n`);
}

// Before libraries start their threads.
if (manner === '--stand-back') standBack();
const { CORPUS, openIndex } = await import('./open-index.mjs');
const index = openIndex(data, {
  now: () => new Date(Date.now() + Number(days) * 86_400_000),
  onNote: (note) => console.error(note),
});
const place = join(data, 'index', CORPUS);
mkdirSync(place, { recursive: true });
// The pointer moves inside of `publish`; what follows is the pruning.
const pointer = watch(place, (_, name) => {
  if (name === 'published.json') enter('prune');
});
await index.run(folder, {
  wrap(writer) {
    enter('list');
    return {
      documents: () => writer.documents(),
      vectors: (texts) => writer.vectors(texts),
      apply(request) {
        enter('write');
        return writer.apply(request);
      },
      publish(check) {
        enter('publish');
        return writer.publish(check);
      },
    };
  },
  embedder: {
    ready: (options) => index.embedder.ready(options),
    countTokens: (texts, options) => index.embedder.countTokens(texts, options),
    async embed(texts, kind, options) {
      enter('embed');
      await sleep(EMBED_MS);
      return await index.embedder.embed(texts, kind, options);
    },
  },
  onProgress: () => {
    if (said === 'list') enter('read');
  },
});
pointer.close();
await index.close();
enter('done');
