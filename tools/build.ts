// Builds dist/: every module as JavaScript with types, then the workers' entries once more as one
// minified bundle each, because each awake agent loads one: unbundled, it costs every worker about 3 MB.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tools/tsconfig.build.json')], { stdio: 'inherit' });
await build({
  entryPoints: ['thread-entry', 'process-entry'].map((name) => join(root, 'workers', `${name}.ts`)),
  outdir: join(dist, 'workers'),
  allowOverwrite: true,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // The package's own entry for Node holds the library twice, and chooses as it is loaded. This is the one that says what is wrong.
  alias: { mutative: 'mutative/dist/mutative.esm.mjs' },
  define: { 'process.env.NODE_ENV': '"development"' },
});
chmodSync(join(dist, 'cli/drowse.js'), 0o755);
