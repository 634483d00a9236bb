// `npm start`: set-up, build when the sources changed, then the server. Flags go through:
// `npm start -- --port 8080`.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stop } from './setup.mjs';

const root = resolve(import.meta.dirname, '..');
const stampFile = join(root, 'dist', '.built');

function sourceHash() {
  const hash = createHash('sha256');
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of [
    join(root, 'package-lock.json'),
    join(root, 'tsconfig.build.json'),
    ...files,
  ]) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function build() {
  const hash = sourceHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return;
  console.log('Building …');
  const result = spawnSync(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    ['run', '--silent', 'build'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (result.status !== 0)
    stop('The build failed.', 'The lines above say where; undo local changes in src.');
  writeFileSync(stampFile, hash);
}

build();
// Before the server starts: one that is told to end as soon as it says a word ends both.
// A terminal gives Ctrl-C to the server too, which takes a second one for "end at once".
const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
process.on('SIGTERM', () => server.kill('SIGTERM'));
process.on('SIGINT', () => hasTerminal || server.kill('SIGINT'));
const server = spawn(
  process.execPath,
  [join(root, 'dist', 'cli.js'), 'start', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
server.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
