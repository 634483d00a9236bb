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
