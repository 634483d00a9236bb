import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser, type Visit, visit } from './browser.js';
import { ABSTAINED, CITED } from './fixtures.js';
import { type PageServer, startPageServer } from './page-server.js';

const WIDTHS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** A busy machine may take its time. */
const PATIENT = { timeout: 20_000 };

if (browserPath === null) console.warn('Page tests skipped: no Chromium. Set CHROMIUM_PATH.');

describe.skipIf(browserPath === null)('the page', { timeout: 90_000 }, () => {
  let directory: string;
  let server: PageServer;
  let browser: Browser;
  let current: Visit | null = null;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kakehashi-ui-'));
    await build({
      configFile: join(import.meta.dirname, '../../src/ui/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: directory, emptyOutDir: true },
    });
    browser = await launchBrowser(browserPath ?? '');
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    server = await startPageServer(directory);
  });

  // Whatever a test does, the policy holds and nothing is thrown.
  afterEach(async () => {
    const complaints = current?.complaints ?? [];
    await current?.context.close();
    current = null;
    await server.close();
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });

  async function open(size: keyof typeof WIDTHS = 'desktop', locale = 'ja-JP'): Promise<Page> {
    current = await visit(browser, server.url, { viewport: WIDTHS[size], locale });
    return current.page;
  }

  async function ask(page: Page, question: string): Promise<void> {
    await page.getByRole('textbox').fill(question);
    await page.getByRole('button', { name: /^(送信|Send)$/u }).waitFor();
    await page.keyboard.press('Enter');
  }

  async function answered(page: Page): Promise<void> {
    await page.locator('.turn').last().locator('.why').waitFor();
  }

  /** Whether any part reaches over the right edge of the page. */
  function overflows(page: Page): Promise<boolean> {
    return page.evaluate<boolean>(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
  }

  for (const size of ['desktop', 'phone'] as const) {
    test(`streams an answer and shows its sources on a ${size}`, async () => {
      const page = await open(size);
      await ask(page, '有休は何日もらえますか？');
      await answered(page);
      const answer = page.locator('.answer-text');
      await expect.poll(() => answer.innerText(), PATIENT).toContain('有休は16日付与されます');
      expect(await answer.locator('strong').innerText()).toBe('3年');
      expect(await answer.locator('.marker').allInnerTexts()).toEqual(['1', '2']);
      expect(await page.locator('.badge').allInnerTexts()).toEqual([
        '確認済み',
        '確認済み',
        '未確認',
      ]);
      const uncited = answer.locator('.uncited');
      expect(await uncited.innerText()).toBe('詳しくは人事部へお尋ねください。');
      expect(await uncited.getAttribute('title')).toBe('出典なし');
      expect(await page.locator('.disclaimer').innerText()).toBe(CITED.disclaimer);
      expect(await overflows(page)).toBe(false);
    });

    test(`opens a citation at its place and gives the focus back on a ${size}`, async () => {
      const page = await open(size);
      await ask(page, '有休は何日？');
      await answered(page);
      const marker = page
        .getByRole('button', { name: '出典 2「年次有給休暇のきまり」を開く' })
        .first();
      await marker.click();
      const mark = page.locator('mark');
      await mark.waitFor();
      expect(await mark.innerText()).toBe(CITED.citations[1]?.quote);
      expect(await mark.isVisible()).toBe(true);
      // Scrolled to once the panel has its size.
      const top = async () => (await mark.boundingBox())?.y;
      await expect.poll(top, PATIENT).toBeGreaterThan(60);
      await expect.poll(top, PATIENT).toBeLessThan(WIDTHS[size].height - 40);
      await expect.poll(() => overflows(page), PATIENT).toBe(false);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
      const focused = () =>
        page.evaluate(
          '`${document.activeElement.className} ${document.activeElement.textContent}`',
        );
      await expect.poll(focused, PATIENT).toBe('marker 2');
    });
  }

  test('opens the original in the panel at the page of the citation, with the key', async () => {
    const page = await open();
    await ask(page, '有休は何日？');
    await answered(page);
    await page.locator('.marker').nth(1).click();
    const show = page.locator('.document-original button');
    await show.waitFor();
    const canShow = await page.evaluate<boolean>('navigator.pdfViewerEnabled');
    const cited = CITED.citations[1]?.page;
    expect(await show.innerText()).toBe(
      canShow ? `元のファイルの${cited}ページを表示` : '元のファイルを保存（leave.pdf）',
    );
    await show.click();
    await expect.poll(() => server.originals.length, PATIENT).toBeGreaterThan(0);
    if (!canShow) return;
    const frame = page.locator('iframe.document-file');
    await frame.waitFor();
    expect(await frame.getAttribute('src')).toMatch(new RegExp(`^blob:.*#page=${cited}$`, 'u'));
    await show.click();
    await frame.waitFor({ state: 'detached' });
  });

  test('fetches an original again that could not be had, and takes the notice away', async () => {
    const page = await open();
    await ask(page, '有休は何日？');
    await answered(page);
    await page.locator('.marker').nth(1).click();
    server.set({ hasOriginals: false });
    await page.locator('.document-original > button').click();
    const notice = page.locator('.document-original [role="alert"]');
    await notice.waitFor();
    server.set({ hasOriginals: true });
    await notice.locator('button').click();
    await notice.waitFor({ state: 'detached' });
    await expect.poll(() => server.originals.length, PATIENT).toBe(2);
  });

  test('marks the row of a quoted table and says when a document is superseded', async () => {
    const page = await open();
    await ask(page, '有休は何日？');
    await answered(page);
    await page.locator('.marker').first().click();
    await page.locator('mark').first().waitFor();
    expect(await page.locator('mark').allInnerTexts()).toEqual(['3年', '16日']);
    await page.locator('.quote').nth(2).click();
    await page.getByText('この資料は新しい資料に置き換えられています。').waitFor();
    await page.getByRole('button', { name: '新しい資料を開く' }).click();
    await expect
      .poll(() => page.locator('.panel-header h2').innerText(), PATIENT)
      .toBe('年次有給休暇のきまり');
  });

  test('a follow-up carries the conversation, a new conversation does not', async () => {
    const page = await open();
    await ask(page, '有休は何日？');
    await answered(page);
    await ask(page, '繰り越しは？');
    await expect.poll(() => page.locator('.why').count(), PATIENT).toBe(2);
    await page.getByRole('button', { name: '新しい会話' }).click();
    await page.getByRole('combobox').selectOption({ label: '製品マニュアル' });
    await ask(page, '電池は何本？');
    await answered(page);
    expect(server.questions).toEqual([
      { question: '有休は何日？', stream: true },
      { question: '繰り越しは？', conversation_id: CITED.conversation_id, stream: true },
      { question: '電池は何本？', corpora: ['product'], stream: true },
    ]);
  });

  test('Stop ends the stream and keeps what was written', async () => {
    const page = await open();
    await ask(page, 'ゆっくり答えて');
    await page.getByText('入社から').waitFor();
    await page.getByRole('button', { name: '停止' }).click();
    await page.getByText('回答を停止しました').first().waitFor();
    await expect.poll(() => server.aborted(), PATIENT).toBe(1);
    const text = await page.locator('.answer-text').innerText();
    await page.waitForTimeout(1500);
    expect(await page.locator('.answer-text').innerText()).toBe(text);
    await page.getByRole('button', { name: 'もう一度たずねる' }).click();
    await expect.poll(() => server.questions.length, PATIENT).toBe(2);
  });

  test('Shift+Enter starts a line, and Enter while composing sends nothing', async () => {
    const page = await open();
    const field = page.getByRole('textbox');
    await field.fill('一行目');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('二行目');
    await page.evaluate(
      `document.querySelector('#question').dispatchEvent(new KeyboardEvent('keydown',
         { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))`,
    );
    expect(await field.inputValue()).toBe('一行目\n二行目');
    expect(server.questions).toEqual([]);
  });

  test('shows what was found while the passages are read, and nothing of it afterwards', async () => {
    const page = await open();
    await ask(page, 'じっくり読んで');
    const found = page.getByRole('region', { name: '見つかった資料' });
    await found.waitFor();
    const titles = await found.locator('.document-link-title').allInnerTexts();
    expect(titles).toEqual([...new Set(CITED.citations.map(({ title }) => title))]);
    await answered(page);
    expect(await found.count()).toBe(0);
  });

  test('explains its way of answering', async () => {
    const page = await open('desktop', 'en-US');
    await ask(page, '有休は何日？');
    await answered(page);
    await page.getByText('Why it answered this way').click();
    const why = page.locator('.why-body');
    const text = await why.innerText();
    expect(text).toContain('An adapter trained for this kind of task read the passages');
    expect(text).toContain(CITED.decision.reasons[0]);
    expect(text).toContain('grounded (version 1)');
    expect(text).toContain('1,284 in (912 of them cached), 64 out');
    expect(text).toContain('Company handbook and IT help 12');
    expect(text).toContain('Words of the question found in the passages');
    expect(await why.locator('tbody tr').count()).toBe(CITED.decision.considered.length);
    expect(await why.locator('tr.chosen').innerText()).toContain('Documents + adapter');
    const bar = await why.locator('tr.chosen .share-bar > span').first().getAttribute('style');
    expect(bar).toContain('86%');
  });

  test('shows what the adapter learned from and was measured to do', async () => {
    const page = await open('phone', 'en-US');
    await ask(page, '有休は何日？');
    await answered(page);
    await page.getByText('Why it answered this way').click();
    await page.getByText('grounded (version 1)').click();
    const passport = page.locator('.passport');
    await passport.getByText('All passed on April 1, 2025').waitFor();
    const text = await passport.innerText();
    expect(text).toContain('Answers from passages alone.');
    expect(text).toContain('1,234');
    expect(text).toContain('handbook/leave');
    expect(await passport.locator('tbody tr').first().innerText()).toMatch(
      /Its own task\s+en\s+40\s+0.18\s+0.88\s+0.61 … 0.78/u,
    );
    expect(await passport.locator('tbody tr').last().innerText()).toMatch(/–\s+278\s+83\s+81/u);
  });

  test('abstains calmly, with links to what comes nearest', async () => {
    const page = await open();
    await ask(page, '契約社員の賞与は？');
    await answered(page);
    expect(await page.locator('.arm-label').innerText()).toBe('回答を控えました');
    expect(await page.locator('.answer-text').innerText()).toContain('お問い合わせ先');
    const links = page.locator('.document-link');
    expect(await links.count()).toBe(ABSTAINED.nearest.length);
    await links.first().click();
    await page.locator('mark').first().waitFor();
  });

  test('says in the language of the reader what went wrong, and asks again', async () => {
    const page = await open('phone', 'en-US');
    await ask(page, '壊れたら');
    await page.getByRole('alert').waitFor();
    const alert = await page.getByRole('alert').innerText();
    expect(alert).toContain('The model stopped while it was answering.');
    expect(alert).toContain('request-0001');
    expect(await page.locator('.answer-text').innerText()).toContain('入社から');
    await page.getByRole('button', { name: 'Ask again' }).click();
    await expect.poll(() => server.questions.length, PATIENT).toBe(2);
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: '日本語に切り替える' }).click();
    await ask(page, '混雑していますか');
    await page.getByText('ただいま質問が混み合っています。').waitFor();
    await server.close();
    await ask(page, 'つながりますか');
    await page.getByText('サーバーにつながりませんでした。').waitFor();
  });

  test('remembers the chosen language', async () => {
    const page = await open();
    await page.getByRole('heading', { name: '何をお調べしますか' }).waitFor();
    await page.getByRole('button', { name: 'Switch to English' }).click();
    await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.title()).toBe('Kakehashi — ask the documents');
  });

  test('an example asks its question', async () => {
    const page = await open('phone');
    const example = page.locator('.example').first();
    const text = await example.innerText();
    await example.click();
    await answered(page);
    expect(server.questions[0]?.question).toBe(text.replaceAll('\n', ''));
  });

  test('takes feedback, with a comment when it did not help', async () => {
    const page = await open();
    await ask(page, '有休は何日？');
    await answered(page);
    await page.getByRole('button', { name: '役に立たなかった' }).click();
    await page.getByLabel('どこがよくなかったか').fill('古い規程です');
    await page.getByRole('button', { name: '送る' }).click();
    await page.getByText('お知らせいただき、ありがとうございます。').waitFor();
    expect(server.feedback).toEqual([
      { answer_id: CITED.id, helpful: false },
      { answer_id: CITED.id, helpful: false, comment: '古い規程です' },
    ]);
  });

  test('waits while the model loads', async () => {
    server.set({ ready: false });
    const page = await open();
    await page.getByText('モデルを読み込んでいます').waitFor();
    expect(await page.locator('.example').first().isDisabled()).toBe(true);
    server.set({ ready: true });
    await page.getByText('モデルを読み込んでいます').waitFor({ state: 'detached' });
    await ask(page, '有休は何日？');
    await answered(page);
  });

  test('asks for a key where one is needed', async () => {
    server.set({ key: 'secret' });
    const page = await open('phone');
    await page.getByLabel('アクセスキー').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('このキーは使えませんでした。').waitFor();
    await page.getByLabel('アクセスキー').fill('secret');
    await page.getByRole('button', { name: '続ける' }).click();
    await page.locator('.example').first().waitFor();
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  test('runs nothing that a hostile answer brings along', async () => {
    const page = await open();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).host));
    await ask(page, '攻撃してみて');
    await answered(page);
    const answer = page.locator('.answer-text');
    expect(await answer.innerText()).toContain('<img src=x onerror=');
    expect(await answer.locator('img, script, svg, a, iframe').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(new Set(requests)).toEqual(new Set([new URL(server.url).host]));
  });

  test('can be used with the keyboard alone, with large targets on a phone', async () => {
    const page = await open('phone');
    await page.locator('.example').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip-link');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('question');
    await page.keyboard.type('有休は何日？');
    await page.keyboard.press('Enter');
    await answered(page);
    const small = await page.evaluate<string[]>(
      `[...document.querySelectorAll('button:not(.marker), summary, select, textarea')]
         .filter((element) => element.getBoundingClientRect().height < 44)
         .map((element) => element.outerHTML)`,
    );
    expect(small).toEqual([]);
  });
});
