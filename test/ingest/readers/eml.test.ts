import Encoding from 'encoding-japanese';
import { describe, expect, it } from 'vitest';
import { emlReader } from '../../../src/ingest/readers/eml.js';
import { readText } from './read-text.js';

const message = (...lines: string[]) => lines.join('\r\n');

describe('eml', () => {
  it('reads subject, sender and day, and the plain text before the HTML one', async () => {
    const { meta, text } = await readText(
      emlReader,
      message(
        'From: Support Desk <desk@example.com>',
        'Subject: Fan replacement',
        'Date: Tue, 1 Apr 2025 09:00:00 +0900',
        'MIME-Version: 1.0',
        'Content-Type: multipart/alternative; boundary=b',
        '',
        '--b',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Replace the fan every two years.',
        '--b',
        'Content-Type: text/html; charset=utf-8',
        '',
        '<p>Replace the <b>fan</b>.</p>',
        '--b--',
      ),
    );
    expect(meta).toEqual({ title: 'Fan replacement', updated: '2025-04-01' });
    expect(text).toContain('From: Support Desk');
    expect(text).toContain('Replace the fan every two years.');
    expect(text).not.toContain('desk@example.com');
  });

  it('reads Japanese mail as mail programs wrote it, and names its attachments', async () => {
    const iso = (text: string) =>
      Buffer.from(Encoding.convert(text, { to: 'JIS', from: 'UNICODE', type: 'array' }));
    const subject = `=?ISO-2022-JP?B?${iso('保守のお知らせ').toString('base64')}?=`;
    const head = message(
      `Subject: ${subject}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=ISO-2022-JP',
      '',
      '',
    );
    const tail = message(
      '',
      '--b',
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename="plan.pdf"',
      '',
      'x',
      '--b--',
    );
    const bytes = Buffer.concat([
      Buffer.from(head),
      iso('停止は4月1日の9時からです。'),
      Buffer.from(tail),
    ]);
    const { meta, text } = await readText(emlReader, bytes);
    expect(meta).toMatchObject({ title: '保守のお知らせ' });
    expect(text).toContain('停止は4月1日の9時からです。');
    expect(text).toContain('Attachments: plan.pdf');
  });

  it('takes the HTML text when there is no other', async () => {
    const { text } = await readText(
      emlReader,
      message('Subject: a', 'Content-Type: text/html', '', '<h1>Notice</h1><p>Closed.</p>'),
    );
    expect(text).toContain('# Notice');
    expect(text).toContain('Closed.');
  });

  it('refuses parts in parts without end, and headers without end', async () => {
    let nested = '';
    for (let depth = 0; depth < 1000; depth++) {
      nested += `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n`;
    }
    await expect(readText(emlReader, nested)).rejects.toThrow(/nesting/iu);
    await expect(readText(emlReader, `Subject: ${'a'.repeat(600_000)}\r\n\r\n`)).rejects.toThrow(
      /header/iu,
    );
  });
});
