// Writes and publishes one text after another until it is killed: `node … FOLDER SEED`.
import { createHash } from 'node:crypto';
import { openPassageStore } from '../../dist/store/passages.js';

const [folder, seed] = process.argv.slice(2);
const store = openPassageStore({
  dir: folder,
  embeddingModel: { name: 'tiny-model', sha256: 'a'.repeat(64) },
  dimensions: 8,
  tokensVersion: '1',
  leaseMs: 2000,
});
const writer = await store.writer('hr');
process.stdout.write('writing\n');
for (let round = 0; ; round++) {
  const documents = Array.from({ length: 20 }, (_, i) => `d${i}.md`);
  const text = `state ${seed} ${round}`;
  await writer.apply({
    upsert: documents.map((documentId) => {
      const hash = createHash('sha256').update(`${documentId} ${text}`).digest();
      return {
        passage: {
          id: `${documentId}#${hash.toString('hex', 0, 6)}`,
          documentId,
          revision: hash.toString('hex', 0, 8),
          title: '',
          section: '',
          context: '',
          text,
          start: 0,
          end: text.length,
          position: 0,
          page: null,
          language: 'en',
          access: ['group:everyone'],
          updated: null,
          supersededBy: null,
          disclaimer: 'none',
        },
        embeddedText: `${documentId} ${text}`,
        tokens: ['state', `s${seed}`, `r${round}`],
        embedding: Float32Array.from(hash.subarray(0, 8)),
      };
    }),
    deleteDocuments: [],
  });
  await writer.publish();
}
