import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitSource } from '../../../src/ingest/sources/git.js';

let folder: string;
let repository: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: repository,
    stdio: 'pipe',
  });
const commit = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(repository, name), text);
  git('add', '-A');
  git('commit', '-q', '-m', 'change');
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kakehashi-git-'));
  repository = join(folder, 'repository');
  mkdirSync(join(repository, '規程'), { recursive: true });
  git('init', '-q', '-b', 'main');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function listed(settings: { ref?: string; folder?: string } = {}) {
  const source = gitSource(
    { kind: 'git', repository, ref: 'HEAD', folder: '', ...settings },
    join(folder, 'fetched'),
  );
  const found: Record<string, { mark: string | null; text: string }> = {};
  for await (const item of source({ signal: undefined })) {
    const content = await item.fetch(null);
    found[item.path] = {
      mark: item.fingerprint,
      text: Buffer.from(content?.bytes ?? []).toString(),
    };
  }
  return found;
}

describe('gitSource', () => {
  it('gives the files of the newest commit; a mark changes with the content alone', async () => {
    commit({ 'a.md': 'one', '規程/旅費.md': '二' });
    const before = await listed();
    expect(Object.keys(before)).toEqual(['a.md', '規程/旅費.md']);
    expect(before['規程/旅費.md']?.text).toBe('二');
    commit({ 'a.md': 'changed' });
    const after = await listed();
    expect(after['a.md']?.text).toBe('changed');
    expect(after['a.md']?.mark).not.toBe(before['a.md']?.mark);
    expect(after['規程/旅費.md']?.mark).toBe(before['規程/旅費.md']?.mark);
  });

  it('reads a tag, and a folder as the top', async () => {
    commit({ 'a.md': 'one', '規程/旅費.md': '二' });
    git('tag', 'v1');
    commit({ '規程/旅費.md': '三' });
    expect(await listed({ ref: 'v1', folder: '規程/' })).toMatchObject({
      '旅費.md': { text: '二' },
    });
  });

  it('leaves links out, and runs no hook of the repository', async () => {
    symlinkSync('/etc/passwd', join(repository, 'link.md'));
    writeFileSync(join(repository, '.git/hooks/post-checkout'), '#!/bin/sh\nexit 1\n', {
      mode: 0o755,
    });
    commit({ 'a.md': 'one' });
    expect(Object.keys(await listed())).toEqual(['a.md']);
  });

  it('says that a repository, a ref or a folder is not there, without the address', async () => {
    commit({ 'a.md': 'one' });
    for (const settings of [{ ref: 'nowhere' }, { folder: 'nowhere' }]) {
      await expect(listed(settings)).rejects.toMatchObject({ code: 'ingest.source_failed' });
    }
    repository = 'https://user:secret@localhost:1/x.git';
    await expect(listed()).rejects.toMatchObject({
      code: 'ingest.source_failed',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('runs nothing that an address may name', async () => {
    repository = `ext::sh -c touch% ${join(folder, 'run')}`;
    await expect(listed()).rejects.toMatchObject({ code: 'ingest.source_failed' });
    repository = `--upload-pack=touch ${join(folder, 'run')}`;
    await expect(listed()).rejects.toMatchObject({ code: 'ingest.source_failed' });
    expect(() => rmSync(join(folder, 'run'))).toThrow(/ENOENT/u);
    repository = folder;
  });
});
