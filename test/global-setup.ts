import { execFileSync } from 'node:child_process';

/** Engine tests fork the compiled worker; one build per run. Types are `npm run types`'s matter. */
export default function setup(): void {
  const compiler = 'node_modules/typescript/bin/tsc';
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
    stdio: 'inherit',
  });
}
