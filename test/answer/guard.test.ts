import { describe, expect, it } from 'vitest';
import { disclaimerFor, guardText, trimRepetition } from '../../src/answer/guard.js';
import { hit, text } from './fixtures.js';

describe('guardText', () => {
  it('removes images and links that no passage holds', () => {
    const guarded = guardText(
      'See ![x](https://evil.example/?q=1) and [here](https://evil.example) or https://evil.example/a.',
      [hit()],
    );
    expect(guarded).not.toContain('evil');
    expect(guarded).toContain('here');
  });

  it('keeps a link that stands in a passage', () => {
    const passage = hit({ text: 'Open https://portal.example/travel to apply.' });
    const answer = 'Apply at https://portal.example/travel now.';
    expect(guardText(answer, [passage])).toBe(answer);
  });

  it('keeps a link that stands in a passage, whatever follows it in the answer', () => {
    const passages = [
      hit({ text: 'Renew it at https://cert.hoshizora.example every year.' }),
      hit({ text: 'ブラウザで http://192.168.77.1 を開きます。' }),
      hit({ text: '手順は https://wiki.example/案内 と https://日本語.example にあります。' }),
    ];
    for (const answer of [
      'Renew it at https://cert.hoshizora.example.',
      'Renew it at https://cert.hoshizora.example, every year.',
      'Renew it at `https://cert.hoshizora.example`.',
      'Renew it at **https://cert.hoshizora.example**.',
      'https://cert.hoshizora.example(証明書)で更新します。',
      'http://192.168.77.1を開いて設定します。',
      'http://192.168.77.1を開いて2.1版にします。',
      '「https://wiki.example/案内」を見ます。',
      'https://日本語.example 、またはhttps://wiki.example/案内です。',
    ]) {
      expect(guardText(answer, passages)).toBe(answer);
    }
  });

  it('blocks a link that begins like a known one and leads elsewhere', () => {
    const passages = [
      hit({ text: 'See https://known.example and 「https://悪」 and javascript.' }),
    ];
    for (const link of [
      'https://known.example.evil.com',
      'https://known.example@evil.com',
      'https://known.example*.evil.com/?d=1',
      'https://known.example`.evil.com/?d=1',
      'https://known.exampleの.evil.com/?d=1',
      'https://known.exampleあ@evil.com/?d=1',
      'https://known.example案内．evil.com',
      'https://悪.evil.com/?d=1',
      'https://known.exampleとhttps://evil.com/?d=1',
      'javascript:あ=1',
    ]) {
      const guarded = guardText(`Open ${link} now.`, passages);
      expect(guarded).toContain('…');
      expect(guarded).not.toMatch(/:\/\/\S*evil|javascript:/u);
      expect(guarded.endsWith(' now.')).toBe(true);
    }
  });

  it('keeps a marker before a bracket, as a marker', () => {
    expect(guardText('40 yen [1](税込)です', [])).toBe('40 yen [1] (税込)です');
    expect(guardText('40 yen [1](//evil.example)', [])).toBe('40 yen [1] (//evil.example)');
    expect(guardText('40 yen [1](https://evil.example)', [])).toBe('40 yen [1] (…)');
  });

  it('masks individual and card numbers that no passage holds', () => {
    // Check digits by the published rules; both numbers are made up.
    expect(guardText('番号は 123456789018 です。', [])).toContain('●●●●');
    expect(guardText('Card 4111 1111 1111 1111 is valid.', [])).toContain('●●●●');
    expect(guardText('Part 123456789012 fits.', [])).toContain('123456789012');
  });
});

describe('trimRepetition', () => {
  it('says each sentence once and drops the broken tail', () => {
    expect(trimRepetition('はい。資料1です。資料1です。資料1で', text.sentences)).toBe(
      'はい。資料1です。',
    );
  });
});

describe('disclaimerFor', () => {
  it('speaks up when a legal page was used', () => {
    expect(disclaimerFor([hit(), hit({ disclaimer: 'legal' })], 'ja')).toContain('法的助言');
    expect(disclaimerFor([hit()], 'en')).toBeNull();
  });
});
