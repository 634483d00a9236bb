/** Kinds of personal data that are looked for. Names are not: no rule tells them from other words. */
export const PERSONAL_KINDS = ['individual_number', 'card', 'phone', 'email', 'address'] as const;
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

/** How messages name them. */
export const PERSONAL_WORDS: Readonly<Record<PersonalKind, string>> = {
  individual_number: 'an individual number (My Number)',
  card: 'a card number',
  phone: 'a phone number',
  email: 'an e-mail address',
  address: 'a postal address',
};

/** `start` and `end` are UTF-16 offsets into the text as it was given. */
export type PersonalFinding = { kind: PersonalKind; start: number; end: number };

export type PersonalOptions = {
  /** Domains whose addresses are the company's own and public, such as `support.example.co.jp`. */
  ownDomains?: readonly string[];
};

/** Dashes, and long vowel marks, that stand for a hyphen between digits. */
const DASHES = /(?<=[\d)])[\u{2010}-\u{2015}\u{2212}\u{30FC}\u{FF0D}\u{FF70}](?=\d)/gu;
const CONTEXT_CHARACTERS = 40;

/** Words near a twelve-digit number that make it an individual number (My Number). */
const INDIVIDUAL_CONTEXT = /個人番号|マイナンバー|my\s?number|individual\s+number/iu;
const CARD_CONTEXT = /カード|card|visa|master|jcb|amex|クレジット/iu;
/** Words near a number that say it is something else. */
const OTHER_NUMBER =
  /型番|品番|製造番号|シリアル|ロット|注文番号|伝票|受注|管理番号|法人番号|登録番号|jan|isbn|serial|part\s*(?:no|number)|model\s*(?:no|number)|order\s*(?:no|number|id)|lot|invoice|fax/iu;

/** Mail boxes of roles, which belong to nobody in particular. */
const ROLE_MAILBOX =
  /^(?:info|support|contact|sales|help|helpdesk|admin|office|webmaster|postmaster|no-?reply|press|jobs|recruit|security|privacy|abuse|soumu|jinji|keiri|eigyo)$/iu;
/** Reserved for examples (RFC 2606). */
const EXAMPLE_DOMAIN =
  /(?:^|\.)example(?:\.(?:com|org|net|jp|co\.jp))?$|\.(?:test|invalid|localhost)$/iu;

/**
 * Personal data in a text, in order, without overlaps: Japanese individual numbers (twelve digits with
 * a right check digit, beside a word that says so or written in groups of four), payment cards (13 to
 * 19 digits, issuer and Luhn's sum), phone numbers of people (mobile, landline and +81; not 0120 and
 * 0800), e-mail addresses that are no role's, and postal codes with an address beside them.
 */
export function findPersonalData(
  text: string,
  { ownDomains = [] }: PersonalOptions = {},
): PersonalFinding[] {
  // Folded character by character, so that offsets stay those of the text.
  const folded = foldDigits(text);
  const exact = withoutOverlaps([
    ...numbersOf(folded),
    ...phonesOf(folded),
    ...emailsOf(folded, ownDomains),
  ]);
  return withoutOverlaps([...exact, ...addressesOf(folded, exact)]);
}

/** In order; of two that overlap the one that starts first, or is longer. */
function withoutOverlaps(found: readonly PersonalFinding[]): PersonalFinding[] {
  let reach = 0;
  return found
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ start, end }) => {
      if (start < reach) return false;
      reach = end;
      return true;
    });
}

function foldDigits(text: string): string {
  return text
    .replace(/[\u{FF10}-\u{FF19}\u{FF0B}\u{FF20}\u{FF08}\u{FF09}\u{3000}]/gu, (mark) =>
      mark.normalize('NFKC'),
    )
    .replace(DASHES, '-');
}

/**
 * Runs of digits in groups that are parted by one space or hyphen, not inside a longer code. A space
 * after a hyphenated group ends it: `2-5 4111 1111 …` is an address before a card.
 */
const DIGIT_RUN =
  /(?<![A-Za-z]-?)(?<!\d[-.]?)(?<!(?<!-\d{0,3})\d )(?<![./=])\d(?:-?\d|(?<!-\d{1,4}) \d){11,18}(?![-.]?\d)(?![A-Za-z])/gu;

function numbersOf(text: string): PersonalFinding[] {
  return [...text.matchAll(DIGIT_RUN)].flatMap(({ 0: run, index }): PersonalFinding[] => {
    const digits = run.replace(/[ -]/gu, '');
    const place = { start: index, end: index + run.length };
    const near = text.slice(Math.max(0, index - CONTEXT_CHARACTERS), place.end + 12);
    const grouped = /^\d{4}([ -])\d{4}\1\d{4}$/u.test(run);
    if (digits.length === 12 && isIndividualNumber(digits)) {
      const said = INDIVIDUAL_CONTEXT.test(near);
      if (said || (grouped && !OTHER_NUMBER.test(near))) {
        return [{ kind: 'individual_number', ...place }];
      }
    }
    if (digits.length >= 13 && isCardNumber(digits)) {
      const groupedCard = /^\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}$|^\d{4}([ -])\d{6}\2\d{4,5}$/u.test(
        run,
      );
      if (CARD_CONTEXT.test(near) || groupedCard || !OTHER_NUMBER.test(near)) {
        return [{ kind: 'card', ...place }];
      }
    }
    return [];
  });
}

/**
 * The check digit of an individual number (Ministry of Internal Affairs and Communications Order No.
 * 85 of 2014, article 5): 11 less the remainder by 11 of the weighted sum, 0 for a remainder of 0 or 1.
 */
export function isIndividualNumber(digits: string): boolean {
  if (!/^\d{12}$/u.test(digits)) return false;
  let sum = 0;
  for (let n = 1; n <= 11; n++) {
    const weight = n <= 6 ? n + 1 : n - 5;
    sum += Number(digits[11 - n]) * weight;
  }
  const remainder = sum % 11;
  return Number(digits[11]) === (remainder <= 1 ? 0 : 11 - remainder);
}

/** Length and first digits of the large issuers, and the sum of Luhn (ISO/IEC 7812-1). */
export function isCardNumber(digits: string): boolean {
  const issuer =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12})$/u;
  if (!issuer.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Mobile, IP and landline numbers of ten or eleven digits, with hyphens or a bracketed area code. */
const PHONES = [
  /(?<![\d-])0[5789]0[- ]?\d{4}[- ]?\d{4}(?![\d-])/gu,
  /(?<![\d-])(?:\+81|0081)[- ]?\(?0?\)?[- ]?\d{1,4}[- ]\d{1,4}[- ]\d{3,4}(?![\d-])/gu,
  /(?<![\d-])(?:0\d{1,4}-\d{1,4}-\d{4}|\(0\d{1,4}\) ?\d{1,4}-\d{4}|0\d{1,4}\(\d{1,4}\)\d{4})(?![\d-])/gu,
];
const FREE_CALL = /^\(?0(?:120|800|570|990)\b/u;

function phonesOf(text: string): PersonalFinding[] {
  return PHONES.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(
    ({ 0: run, index }): PersonalFinding[] => {
      const digits = run.replace(/\D/gu, '').replace(/^(?:81|0081)0?/u, '0');
      const rightLength = /^0[5789]0/u.test(digits) ? digits.length === 11 : digits.length === 10;
      if (FREE_CALL.test(run) || !rightLength) return [];
      return [{ kind: 'phone', start: index, end: index + run.length }];
    },
  );
}

const EMAIL = /(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}(?![\w-])/gu;

function emailsOf(text: string, ownDomains: readonly string[]): PersonalFinding[] {
  return [...text.matchAll(EMAIL)].flatMap(({ 0: address, index }): PersonalFinding[] => {
    const [mailbox = '', domain = ''] = address.split('@');
    const isPublic =
      ROLE_MAILBOX.test(mailbox) ||
      EXAMPLE_DOMAIN.test(domain) ||
      ownDomains.some((own) => domain === own || domain.endsWith(`.${own}`));
    return isPublic ? [] : [{ kind: 'email', start: index, end: index + address.length }];
  });
}

/** A postal code followed by a prefecture, city, ward, town or village and a number. */
const ADDRESS =
  /(?:〒\s?\d{3}-\d{4}|(?<![\d-])\d{3}-\d{4})\s{0,3}[^\n\d、。]{0,6}[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,12}[都道府県市区町村郡][^\n、。]{0,30}?\d{1,4}(?:[-の丁番目地号条東西南北 ]{1,4}\d{1,4}){0,3}(?:号|番地?)?/gu;

/** The pattern takes any digits after the town: an address ends where one of `others`, in order, starts. */
function addressesOf(text: string, others: readonly PersonalFinding[]): PersonalFinding[] {
  let at = 0;
  return [...text.matchAll(ADDRESS)].map(({ 0: address, index }) => {
    while ((others[at]?.start ?? Infinity) < index) at++;
    const next = others[at]?.start ?? Infinity;
    const own = address.slice(0, next - index).replace(/[\s|:：(（]+$/u, '');
    return { kind: 'address', start: index, end: index + own.length };
  });
}
