// Makes a fresh clone ready: checks the machine, installs the locked packages once. Plain Node
// without any package, since it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? '.', '..');
const stampFile = join(root, 'node_modules', '.kakehashi-installed');
/** Packages with all native binaries take 1.6 GB, the starter models 0.6 GB, the index little. */
const NEEDED_BYTES = 3e9;

/** Ends with a message and what to do about it: nobody should have to read a stack trace here. */
export function stop(message, remedy) {
  console.error(`\n✖ ${message}\n  ${remedy}\n`);
  process.exit(1);
}

function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(
      `Node ${process.versions.node} is too old.`,
      'Install Node 20.19 or newer (22 or 24 is better supported), then run this again.',
    );
  }
  if (process.platform === 'linux' && process.arch === 'x64') {
    const cpu = readFileSync('/proc/cpuinfo', 'utf8');
    if (!/\bavx2\b/.test(cpu) || !/\bfma\b/.test(cpu)) {
      stop(
        'This processor lacks AVX2 and FMA, which the search index and the model engine need.',
        'Use a processor from 2013 or later; in a virtual machine, pass the host CPU through.',
      );
    }
  }
}

function lockHash() {
  const hash = createHash('sha256');
  for (const name of ['package-lock.json', 'package.json'])
    hash.update(readFileSync(join(root, name)));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}

function install() {
  const hash = lockHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return;
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < NEEDED_BYTES) {
    stop(
      `Only ${(Number(bavail * bsize) / 1e9).toFixed(1)} GB are free on this disk.`,
      `Free at least ${NEEDED_BYTES / 1e9} GB for packages, models and index, then run this again.`,
    );
  }
  console.log('Installing packages (once, about 1.6 GB with the GPU back ends) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) {
    stop(
      'The packages could not be installed.',
      'Check that the package registry can be reached (proxy, network) and that the disk is not full; the lines above say more.',
    );
  }
  writeFileSync(stampFile, hash);
}

checkMachine();
install();
