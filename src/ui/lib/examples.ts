import type { PageLanguage } from './i18n.js';

type Example = { corpus: string | null; text: Record<PageLanguage, string> };

/** Questions over the sample corpora; each is offered where its corpus is installed. */
const EXAMPLES: readonly Example[] = [
  {
    corpus: 'handbook',
    text: {
      ja: '入社から3年たちました。有休は何日もらえますか？',
      en: 'I have worked here for three years. How many days of leave do I get?',
    },
  },
  {
    corpus: 'handbook',
    text: {
      ja: 'VPN で ERR-4015 が出ます。どうすればいいですか？',
      en: 'My VPN says ERR-4044. What should I do?',
    },
  },
  {
    corpus: 'product',
    text: {
      ja: 'SORA-100 は地面からどれくらいの高さに付ければいいですか？',
      en: 'How long is the warranty of the SORA-300?',
    },
  },
  {
    corpus: 'product',
    text: {
      ja: 'エラー E-211 が表示されました。原因と対処を教えてください。',
      en: 'What does error E-211 mean, and what do I do about it?',
    },
  },
  {
    corpus: 'handbook',
    text: {
      ja: 'パスワードは90日ごとに変えますか？',
      en: 'How many days a week may I work from home?',
    },
  },
  {
    corpus: null,
    text: {
      ja: '「資料を早く送ってください」を丁寧な言い方に直してください。',
      en: 'Make this polite: “Send me the serial number now.”',
    },
  },
];

/** Example questions for the corpora the reader may ask. */
export function examplesFor(corpora: readonly string[], language: PageLanguage): string[] {
  return EXAMPLES.filter(({ corpus }) => corpus === null || corpora.includes(corpus)).map(
    ({ text }) => text[language],
  );
}
