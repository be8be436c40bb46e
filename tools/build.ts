// Builds dist/: every module as JavaScript with types, then the workers' entries once more as one
// minified bundle each, because each awake agent loads one: unbundled, it costs every worker about 3 MB.
// A thread's entry becomes a script that is a function, for workers/thread-start.ts to run.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tools/tsconfig.build.json')], { stdio: 'inherit' });
const bundled = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  // The package's own entry for Node holds the library twice, and chooses as it is loaded. This is the one that says what is wrong.
  alias: { mutative: 'mutative/dist/mutative.esm.mjs' },
  define: { 'process.env.NODE_ENV': '"development"' },
} satisfies BuildOptions;
const workers = (...names: string[]) => ({
  entryPoints: names.map((name) => join(root, 'workers', `${name}.ts`)),
  outdir: join(dist, 'workers'),
});
await build({ ...bundled, ...workers('process-entry'), format: 'esm', allowOverwrite: true });
const script = { ...bundled, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions;
await build({ ...script, ...workers('thread-start') });
await build({
  ...script,
  ...workers('thread-entry'),
  define: { ...bundled.define, 'import.meta.url': 'url' },
  banner: { js: '(function (require, url) {' },
  footer: { js: '})' },
});
chmodSync(join(dist, 'cli/drowse.js'), 0o755);
