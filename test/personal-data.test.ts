import { describe, expect, it } from 'vitest';
import { createSeeded } from '../src/adapters/data/seeded.js';
import {
  findPersonalData,
  isCardNumber,
  isIndividualNumber,
  type PersonalKind,
} from '../src/personal-data.js';

const seeded = createSeeded(2025);
const digits = (n: number) =>
  Array.from({ length: n }, () => String(Math.floor(seeded.random() * 10))).join('');
const pick = <T>(items: readonly T[]) => seeded.pick(items);

/** The first digits with whichever last digit makes it right. */
function completed(start: string, isRight: (whole: string) => boolean): string {
  for (let last = 0; last < 10; last++) if (isRight(`${start}${last}`)) return `${start}${last}`;
  throw new Error(`no check digit for ${start}`);
}
const grouped = (text: string, size: number, mark: string) =>
  (text.match(new RegExp(`.{1,${size}}`, 'gu')) ?? []).join(mark);
const wide = (text: string) =>
  text.replace(/[0-9]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
const sometimesWide = (text: string) => (seeded.random() < 0.3 ? wide(text) : text);
const dash = () => pick(['-', '-', '-', '‐', '－', 'ー', '−']);

const MAKERS: Record<PersonalKind, () => string> = {
  individual_number: () => {
    const number = completed(digits(11), isIndividualNumber);
    return seeded.random() < 0.5
      ? `${pick(['マイナンバー', '個人番号', '個人番号（マイナンバー）'])}${pick([':', '：', 'は', ' '])}${sometimesWide(number)}`
      : sometimesWide(grouped(number, 4, pick(['-', ' '])));
  },
  card: () => {
    const number = completed(
      `${pick(['4', '51', '55', '3530', '2221'])}${digits(20)}`.slice(0, 15),
      isCardNumber,
    );
    return `${pick(['カード番号', 'クレジットカード', 'card', ''])} ${sometimesWide(seeded.random() < 0.6 ? grouped(number, 4, pick(['-', ' '])) : number)}`;
  },
  phone: () => {
    const mark = dash();
    return sometimesWide(
      pick([
        () => `0${pick(['90', '80', '70', '50'])}${mark}${digits(4)}${mark}${digits(4)}`,
        () => `0${pick(['3', '6'])}${mark}${pick(['3', '6'])}${digits(3)}${mark}${digits(4)}`,
        () => `0${pick(['45', '52', '75'])}${mark}${digits(3)}${mark}${digits(4)}`,
        () => `+81${mark}90${mark}${digits(4)}${mark}${digits(4)}`,
        () => `(03) ${pick(['3', '5'])}${digits(3)}-${digits(4)}`,
      ])(),
    );
  },
  email: () =>
    `${pick(['taro', 'hanako.sato', 'k-suzuki', 'm_ito', 'yamada+work'])}${digits(2)}@${pick(['mail', 'corp', 'dept.univ'])}.${pick(['co.jp', 'ac.jp', 'com', 'net'])}`,
  address: () =>
    `${pick(['〒', ''])}${digits(3)}-${digits(4)} ${pick(['東京都港区芝', '大阪府大阪市北区梅田', '北海道札幌市中央区北一条西', '京都府京都市左京区吉田町'])}${1 + Math.floor(seeded.random() * 9)}-${digits(1)}-${digits(2)}`,
};

/** What stands in manuals and looks like it. */
const TRAPS = [
  () => `型番 SORA-${digits(3)}-${digits(4)}`,
  () => `製造番号 ${digits(12)}`,
  () => `品番: ${digits(4)}-${digits(4)}-${digits(4)}`,
  () => `0120-${digits(3)}-${digits(3)}`,
  () => `0800-${digits(3)}-${digits(4)}`,
  () => `2025-${pick(['01', '07', '11'])}-${pick(['03', '18', '29'])} ${digits(2)}:${digits(2)}`,
  () => `内線 ${digits(4)}`,
  () => `support@${pick(['hoshizora', 'maker'])}.co.jp`,
  () => `user${digits(2)}@example.com`,
  () => `T${digits(13)}`,
  () => `192.168.${digits(1)}.${digits(2)}`,
  () => `1,${digits(3)},${digits(3)} 円`,
  () => `JAN ${digits(13)}`,
  () => `${digits(3)}-${digits(4)} の範囲で設定します`,
  () => `v${digits(1)}.${digits(2)}.${digits(4)}`,
  () => `注文番号 ${digits(16)}`,
  () => `${digits(2)}-${digits(3)}-${digits(2)} のねじ`,
];
const AROUND = [
  (text: string) => `担当者の連絡先は ${text} です。`,
  (text: string) => `Write to ${text}, please.`,
  (text: string) => `| 項目 | ${text} |`,
  (text: string) => text,
];

describe('findPersonalData', () => {
  it('finds at least 99 of 100 of 2,000 made-up values, with at most 5 of 100 false', () => {
    const kinds = Object.keys(MAKERS) as PersonalKind[];
    let [found, made, right, said] = [0, 0, 0, 0];
    for (let round = 0; round < 2000; round++) {
      const isPersonal = round % 2 === 0;
      const kind = kinds[(round / 2) % kinds.length] ?? 'phone';
      const text = pick(AROUND)(isPersonal ? MAKERS[kind]() : pick(TRAPS)());
      const findings = findPersonalData(text);
      said += findings.length;
      if (!isPersonal) continue;
      made++;
      const hits = findings.filter((one) => one.kind === kind).length;
      right += Math.min(1, hits);
      if (hits > 0) found++;
    }
    expect(found / made).toBeGreaterThanOrEqual(0.99);
    expect(right / said).toBeGreaterThanOrEqual(0.95);
  });

  it('gives the places in the text as it was written, wide digits and dashes included', () => {
    const text = '電話は０９０ー１２３４ー５６７８、〒100-0005 東京都千代田区丸の内1-2-3。';
    expect(
      findPersonalData(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]),
    ).toEqual([
      ['phone', '０９０ー１２３４ー５６７８'],
      ['address', '〒100-0005 東京都千代田区丸の内1-2-3'],
    ]);
  });

  it('ends an address where another finding starts', () => {
    const [number, card] = ['1234 5678 9018', '4111 1111 1111 1111'];
    const place = '〒100-0005 東京都千代田区丸の内';
    const found = (text: string) =>
      findPersonalData(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);
    const cases = [
      ['一丁目一番一号 個人番号 ', 'individual_number', number],
      ['1-2-3 ', 'individual_number', number],
      [' | ', 'individual_number', number],
      ['2-5 ', 'card', card],
      ['2-5 ', 'card', card.replaceAll(' ', '-')],
      ['2-5 ', 'phone', '090-1234-5678'],
      ['2-5 ', 'email', 'hanako@maker.co.jp'],
    ] as const;
    for (const [between, kind, value] of cases) {
      const [address, ...others] = found(place + between + value);
      expect(address).toEqual([
        'address',
        expect.stringMatching(/^〒100-0005 東京都千代田区丸の内/u),
      ]);
      expect(address?.[1]).not.toMatch(/[\s|]$/u);
      expect(others).toEqual([[kind, value]]);
    }
    expect(
      found('| 氏名 | 個人番号 |\n| 山田太郎 | 100-0005 | 東京都千代田区丸の内 | 123456789018 |'),
    ).toContainEqual(['individual_number', '123456789018']);
  });

  it('takes time in proportion to the findings', () => {
    const row = '山田太郎,taro@maker.co.jp,090-1234-5678\n';
    const started = performance.now();
    expect(findPersonalData(row.repeat(40_000))).toHaveLength(80_000);
    // Each compared with all before it, they took a minute.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('lets role mail boxes, example domains and own domains pass', () => {
    const text = 'info@maker.co.jp, taro@example.com, hanako@sales.hoshizora.co.jp';
    expect(findPersonalData(text, { ownDomains: ['hoshizora.co.jp'] })).toEqual([]);
    expect(findPersonalData(text).map(({ kind }) => kind)).toEqual(['email']);
  });

  it('wants a check digit, and context where one in ten numbers would pass', () => {
    const number = completed('12345678901', isIndividualNumber);
    expect(findPersonalData(`マイナンバー ${number}`)).toHaveLength(1);
    const wrong = `${number.slice(0, 11)}${(Number(number[11]) + 1) % 10}`;
    expect(findPersonalData(`マイナンバー ${wrong}`)).toEqual([]);
    expect(findPersonalData(`製造番号 ${number}`)).toEqual([]);
  });
});
