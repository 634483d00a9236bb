import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkDocument } from '../../src/ingest/chunk.js';
import { DEFAULT_ACTIONS } from '../../src/ingest/protect.js';
import { passagesOf, prepareDocument } from '../../src/ingest/prepare.js';
import { chooseReader } from '../../src/ingest/readers/choose.js';
import { isKakehashiError } from '../../src/errors.js';
import { Passage, StoredDocument } from '../../src/store/passage.js';

const SAMPLES: Readonly<Record<string, string>> = {
  'a.md':
    '---\nid: a\ntitle: 規程\naccess: [group:hr]\n---\n# 規程\n\n次のとおりです。\n\n| 年 | 日 |\n|---|---|\n| 1 | 12日 |\n\n1. one\n   - two\n\n```sh\nrun\n```\n\n<details><summary>More</summary>\n\ntext\n\n</details>\n',
  'b.html':
    '<html lang="ja"><head><title>T</title><style>.h{display:none}</style></head><body><nav>n</nav><main><h1>T</h1><p>文。</p><table><tr><th>A<th>B<tr><td rowspan=2>1<td>2<tr><td>3</table><ul><li>x<ul><li>y</ul></ul></main></body></html>',
  'c.txt':
    '規程\n最終更新 2025-01-01\n\n第1条（目的） 定める。\n・一\n・二\n\nQ1. いつ。\nA. 今。\n',
  'd.jsonl':
    '{"id":"1","title":"A","text":"# A\\n\\n- x\\n- y"}\n{"id":"2","text":"第1条 定める。"}\n',
  'e.mdx':
    'import X from \'./x\';\n\n<Steps>\n  <Step title="One">\n    Text.\n\n    ```bash\n    go\n    ```\n  </Step>\n</Steps>\n',
};

const scrap = fc.oneof(
  fc.constantFrom(
    ...'<div hidden>|</div>|```|---\n|\0|「|</table>|<table>|{{%|%}}|\u200b|\ud800|>>>|\t\t|- - - |{"id":|\r|<Steps>|</Steps>|<!--|-->|](|**|\\|'.split(
      '|',
    ),
    '| a |',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const damage = fc.array(
  fc.record({ at: fc.nat(), cut: fc.nat(60), scrap, times: fc.integer({ min: 0, max: 12 }) }),
  { minLength: 1, maxLength: 8 },
);

test('a damaged file gives valid passages or a typed reason', async () => {
  const countTokens = async (texts: readonly string[]) =>
    texts.map((text) => Math.ceil(text.length / 3) + 2);
  const corpus = {
    name: 'c',
    settingsFor: () => ({ access: [], disclaimer: 'none' as const }),
    personalData: { actions: DEFAULT_ACTIONS, ownDomains: [] },
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(SAMPLES)), damage, async (path, hits) => {
      let text = SAMPLES[path] ?? '';
      for (const hit of hits) {
        const at = hit.at % (text.length + 1);
        text = text.slice(0, at) + hit.scrap.repeat(hit.times) + text.slice(at + hit.cut);
      }
      const bytes = new TextEncoder().encode(text);
      try {
        const result = await chooseReader(path, bytes)?.read(bytes, { path });
        for (const raw of result?.documents ?? []) {
          const prepared = prepareDocument(raw, { source: path, corpus });
          const { document, blocks } = prepared;
          StoredDocument.parse(document);
          const chunks = await chunkDocument(
            { title: document.title, text: document.text, blocks },
            { countTokens },
          );
          expect(chunks.length).toBeGreaterThan(0);
          for (const passage of passagesOf(prepared, chunks)) {
            Passage.parse(passage);
            expect(document.text.slice(passage.start, passage.end)).toBe(passage.text);
          }
        }
      } catch (error) {
        if (!isKakehashiError(error) || !error.code.startsWith('ingest.')) throw error;
      }
    }),
    { numRuns: 300 },
  );
}, 120_000);
