import type { Language } from './prompt.js';

/** What Japanese counts with. */
const COUNTERS = [
  '世紀|営業日|[かカヶヵケ箇個](?:月|所|国|年|条)|年|月|日|週|時|分|秒|歳|才|回|度|倍|人|名|枚|台|個|件|冊|円|ドル|割',
  '%|パーセント|文字|字|桁|番|号|歩|匹|頭|軒|単位|章|条|項|巻|位|級|泊|点',
  'キロ|センチ|ミリ|メートル|グラム|ページ|[kcm]?m|k?g|[kmgt]b|℃',
].join('|');

/** Words by which a question asks for a figure. */
const ASKS: Record<Language, RegExp> = {
  ja: new RegExp(
    `何(?!時代|度も|分[解野類]|人[がもか]|番号)(?:${COUNTERS})|いくら(?!でも|か)|いくつ(?![かもの])|(?:どの|どれ)[くぐ]らいの(?:期間|時間|頻度|長さ|距離|費用|金額|人数|割合)`,
    'iu',
  ),
  en: new RegExp(
    [
      'how (?:many|often|old|far|tall|high|heavy|deep|fast|wide|late|early)',
      'how much (?:does|do|did|is|was|will|would|can|money|time|per)',
      'how long (?:does|do|did|is|are|was|were|can|must|will|may|should|before|after)',
      '(?:what|which) (?:time|year|percentage|percent|age|temperature|day of the month)',
      "what(?:'s| is| are| was| were)(?: the| my| our)?(?: \\w+)? (?:price|cost|fee|fare|limit|number of|amount|percentage|rate|temperature|length|weight|height|width|age|duration|capacity|deadline)",
    ]
      .map((words) => `\\b${words}\\b`)
      .join('|'),
    'iu',
  ),
};

/** Figures, and words that answer in place of one ("free", "毎月", "ありません"). */
const STATES: Record<Language, RegExp> = {
  ja: new RegExp(
    `\\p{N}|[〇零一二三四五六七八九十百千万億兆数両]+(?:${COUNTERS}|つ|$)|半[年月日分額期数減]|無[料償制]|全[額員部てく]|すべて|毎[年月週日回朝晩]|[翌当即][年月週日時朝]|なし|ゼロ|不要|実費|ひと[りつ]|ふた[りつ]|ません|ない(?:です)?[。\\s]*$`,
    'iu',
  ),
  en: /\p{N}|\b(?:zero|single|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?|first|second|third|half|quarter|once|twice|both|couple|several|few|many|most|all|none|no|nothing|never|always|every|each|free|full|hourly|daily|nightly|weekly|monthly|quarterly|yearly|annual(?:ly)?|decades?|centur(?:y|ies)|noon|midnight|until|indefinitely|forever|unlimited|immediately)\b/iu,
};

const QUOTED = /「[^」]*」|『[^』]*』|"[^"]*"|“[^”]*”/gu;
const MARKER = /\[\d{1,2}\]/gu;
/** An end that may become a marker, or a longer English word. */
const OPEN_END: Record<Language, RegExp> = {
  ja: /\[\d{0,2}$/u,
  en: /(?:\[\d{0,2}|[\p{L}\p{N}]+)$/u,
};

/**
 * Whether the words of `question` ask for a figure and `answer` states none: such an answer is wrong
 * whatever it cites. After the expected answer type of question answering (Li and Roth, COLING 2002),
 * kept to the one type that the words of a question give away.
 *
 * `scripts/bench/missing-figure.mjs` holds it against answers known to be right.
 */
export function missesFigure(question: string, answer: string, language: Language): boolean {
  const asked = question.normalize('NFKC').replace(QUOTED, '');
  const stated = answer.normalize('NFKC').replace(MARKER, '');
  return ASKS[language].test(asked) && !STATES[language].test(stated);
}

/** The same of an answer that goes on: once it is false, no end makes `missesFigure` true. */
export function mayMissFigure(question: string, begun: string, language: Language): boolean {
  const sure = begun.normalize('NFKC').replace(OPEN_END[language], '');
  // The ellipsis keeps "…ない" from being taken for the end.
  return missesFigure(question, `${sure}…`, language);
}
