import type { About } from '../../src/answer/answerer.js';
import type {
  AdapterResponse,
  AnswerResponse,
  Citation,
  Decision,
  DocumentResponse,
  NearestDocument,
} from '../../src/schemas.js';

/** What the scripted server of the page tests knows. */

const GATE = { in_service: null, limit: 'better than the base', passed: true };

export const PASSPORT: AdapterResponse = {
  name: 'grounded',
  version: '1',
  sha256: 'b2'.repeat(32),
  description: { ja: '資料だけを読んで答えます。', en: 'Answers from passages alone.' },
  licence: 'Apache-2.0',
  base: { name: 'sample-model', sha256: ['a1'.repeat(32)] },
  needs_passages: true,
  access: [['group:everyone']],
  languages: ['en', 'ja'],
  examples: { 'train en answer': 1200, 'held en answer': 34 },
  documents: [{ corpus: 'handbook', id: 'leave', revision: '0123456789abcdef' }],
  gates: {
    at: '2025-04-01T09:00:00.000Z',
    passed: true,
    rows: [
      {
        ...GATE,
        gate: 'own_task',
        figure: 'mean score',
        language: 'en',
        n: 40,
        base: 0.18,
        candidate: 0.88,
        interval: [0.61, 0.78],
      },
      {
        ...GATE,
        gate: 'speed',
        figure: 'tokens read a second',
        language: 'all',
        n: 278,
        base: 82.8,
        candidate: 81.2,
        interval: null,
      },
    ],
  },
  history: [],
};

export const ABOUT: About = {
  version: '0.1.0',
  model: { name: 'sample-model', sha256: 'a1'.repeat(32) },
  gpu: false,
  corpora: [
    {
      name: 'handbook',
      title: { ja: '社内規程・ITヘルプ', en: 'Company handbook and IT help' },
      version: 12,
    },
    { name: 'product', title: { ja: '製品マニュアル', en: 'Product manuals' }, version: 7 },
  ],
  adapters: [
    {
      name: 'grounded',
      version: '1',
      description: { ja: '資料を読んで答える', en: 'Answers from passages' },
    },
  ],
};

const LEAVE_TEXT = `# 年次有給休暇のきまり

## 付与日数

有休は入社日に付与し、その後は入社日から1年ごとに付与します。

| 勤続年数 | 日数 |
| 入社日 | 12日 |
| 1年 | 13日 |
| 2年 | 14日 |
| 3年 | 16日 |
| 5年以上 | 20日 |

前年の出勤率が8割に満たないときは、その年の付与はありません。産前産後休業、育児休業、業務上の傷病による休みは出勤したものとして数えます。

## 繰り越し

使い残した有休は翌年に限り繰り越せます。付与から2年で消えます。保有の上限は40日です。買い取りはしません。

## 取り方

- 1日・半日: 3営業日前までにホシタイムで申請します。半日の区切りは12時45分です。
- 時間単位: 1時間単位で年40時間（5日分）まで。当日の始業前まで申請できます。
- 連続5日以上: 1か月前までに上長と調整します。

急病で当日に休むときは、始業15分前までに連絡し、出社後2営業日以内に申請すれば有休に振り替えられます。

## 年5日の取得義務

付与が10日以上の人は、付与日から1年以内に5日以上を取ります。時間単位の有休はこの5日に数えません。9か月たっても3日に満たない場合は、人事部が時季を指定します。`;

export const DOCUMENTS: readonly DocumentResponse[] = [
  {
    corpus: 'handbook',
    id: 'hr/annual-leave-ja',
    revision: '0123456789abcdef',
    title: '年次有給休暇のきまり',
    language: 'ja',
    updated: '2025-04-01',
    superseded_by: null,
    url: null,
    original: { media_type: 'application/pdf', name: 'leave.pdf' },
    text: LEAVE_TEXT,
    passages: [],
  },
  {
    corpus: 'handbook',
    id: 'hr/annual-leave-2019-ja',
    revision: 'fedcba9876543210',
    title: '年次有給休暇のきまり（2019年版）',
    language: 'ja',
    updated: '2019-04-01',
    superseded_by: 'hr/annual-leave-ja',
    url: null,
    original: null,
    text: '# 年次有給休暇のきまり\n\n有休の保有の上限は30日です。',
    passages: [],
  },
];

function quoteFrom(
  document: DocumentResponse,
  quote: string,
): Pick<Citation, 'quote' | 'start' | 'end'> {
  const start = document.text.indexOf(quote);
  if (start === -1) throw new Error(`"${quote}" is not in ${document.id}.`);
  return { quote, start, end: start + quote.length };
}

const [leave, oldLeave] = DOCUMENTS as [DocumentResponse, DocumentResponse];

function citationOf(
  marker: number,
  document: DocumentResponse,
  quote: string,
  verified: boolean,
): Citation {
  return {
    marker,
    corpus: document.corpus,
    document_id: document.id,
    title: document.title,
    section: marker === 1 ? '付与日数' : '繰り越し',
    page: marker === 2 ? 3 : null,
    revision: document.revision,
    ...quoteFrom(document, quote),
    verified,
  };
}

const DECISION: Decision = {
  arm: 'both',
  adapter: { name: 'grounded', version: '1', sha256: 'b2'.repeat(32) },
  confidence: 0.86,
  reasons: [
    '資料に答えがある見込みは 88 % です（質問の語の 83 % が見つかった資料にあり、2つの検索の一致度は 60 %）。',
    'そのため、見つかった資料をアダプター「grounded」で読んで答えます。',
  ],
  considered: [
    { arm: 'both', adapter: 'grounded', p_good: 0.86, cost: 0.42, value: 0.82 },
    { arm: 'retrieve', adapter: null, p_good: 0.79, cost: 0.4, value: 0.75 },
    { arm: 'adapter', adapter: 'grounded', p_good: 0.21, cost: 0.12, value: 0.2 },
    { arm: 'direct', adapter: null, p_good: 0.08, cost: 0.1, value: 0.07 },
    { arm: 'abstain', adapter: null, p_good: 0.3, cost: 0, value: 0.3 },
  ],
  evidence: {
    p_answerable: 0.88,
    p_general: 0.04,
    forced: false,
    dense_top: 0.62,
    dense_margin: 0.44,
    keyword_top: 0.71,
    keyword_margin: 0.35,
    leg_agreement: 0.6,
    top_agreement: 1,
    coverage: 0.83,
    coverage_best: 0.67,
    number_mismatch: 0,
    name_mismatch: 0,
    general_margin: -0.41,
    language_ja: 1,
    follow_up: 0,
    question_length: 0.27,
    'adapter_affinity:grounded': 0.38,
    p_withheld: 0.03,
    passages: 5,
  },
};

const BASE: Omit<AnswerResponse, 'outcome' | 'answer' | 'citations' | 'uncited'> = {
  id: '0b6f3a52-5c0e-4a6b-9a44-2d0f8a5f2c11',
  conversation_id: '7d1c2f60-9a1e-4a36-8f0b-6a6f0f1f3d22',
  structured: null,
  language: 'ja',
  nearest: [],
  decision: DECISION,
  model: ABOUT.model,
  index: [
    { corpus: 'handbook', version: 12 },
    { corpus: 'product', version: 7 },
  ],
  usage: { prompt_tokens: 1284, cached_tokens: 912, completion_tokens: 64 },
  timings_ms: {
    queue: 2,
    embed: 14,
    search: 38,
    decide: 0.6,
    prefill: 840,
    generate: 1920,
    total: 2815,
  },
  disclaimer: null,
};

const CITED_TEXT =
  '入社から**3年**たつと、有休は16日付与されます[1]。使い残した分は翌年に限り繰り越せ、保有の上限は40日です[2]。詳しくは人事部へお尋ねください。';
const UNCITED_SENTENCE = '詳しくは人事部へお尋ねください。';

export const CITED: AnswerResponse = {
  ...BASE,
  outcome: 'answered',
  answer: CITED_TEXT,
  citations: [
    citationOf(1, leave, '| 3年 | 16日 |', true),
    citationOf(
      2,
      leave,
      '使い残した有休は翌年に限り繰り越せます。付与から2年で消えます。保有の上限は40日です。',
      true,
    ),
    citationOf(3, oldLeave, '有休の保有の上限は30日です。', false),
  ],
  uncited: [
    {
      start: CITED_TEXT.indexOf(UNCITED_SENTENCE),
      end: CITED_TEXT.length,
    },
  ],
  disclaimer:
    'この回答は文書の内容を案内するもので、法的助言ではありません。判断の前に担当部署へご確認ください。',
};

const NEAREST: NearestDocument[] = [leave, oldLeave].map((document) => ({
  corpus: document.corpus,
  document_id: document.id,
  title: document.title,
  section: '',
  revision: document.revision,
  start: 0,
  end: 20,
}));

export const ABSTAINED: AnswerResponse = {
  ...BASE,
  outcome: 'abstained',
  answer: [
    '「契約社員の賞与は年間で何か月分ですか」の答えは、資料からは確認できませんでした（探した場所: 社内規程・ITヘルプ、製品マニュアル）。',
    `近い資料: ${NEAREST.map(({ title }) => `「${title}」`).join('、')}`,
    'お問い合わせ先: 人事部 (内線 2200)',
  ].join('\n'),
  citations: [],
  uncited: [],
  nearest: NEAREST,
  decision: {
    ...DECISION,
    arm: 'abstain',
    adapter: null,
    confidence: 0.71,
    reasons: [
      '資料に答えがある見込みは 18 % にとどまります（質問の語のうち資料にあるのは 40 %）。',
      'そのため、推測では答えません。',
    ],
  },
};

/** What a model might say at its worst. */
export const HOSTILE_TEXT = [
  '<img src=x onerror="window.hacked = 1"> <script>window.hacked = 2</script> <b>bold</b>',
  '',
  '[press](javascript:window.hacked=3) and [site](https://evil.example/?q=1) <https://evil.example>',
  '',
  '![pixel](https://evil.example/pixel.png) [1]: https://evil.example',
  '',
  '- list [1]',
  '- `code <img src=x>`',
  '',
  '<svg onload="window.hacked=4"></svg>',
].join('\n');

export const HOSTILE: AnswerResponse = {
  ...BASE,
  outcome: 'answered',
  answer: HOSTILE_TEXT,
  citations: [citationOf(1, leave, '| 3年 | 16日 |', true)],
  uncited: [],
};
