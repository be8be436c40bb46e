import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { WorkerOptions } from 'node:worker_threads';
import type { Boot, ThreadCode } from '../../workers/protocol.ts';

const WORKERS = new URL('../../workers/', import.meta.url);
const SHIPPED = extname(import.meta.filename) === '.js';
const SCRIPT = new URL('thread-entry.cjs', WORKERS);
let code: ThreadCode | undefined;

/**
 * What an agent's thread is started with. What ships has the entry as one script, and V8's code for it, taken from a thread in which it
 * had run: with what a turn needs compiled, as a module in Node's compile cache is not. That takes 4 of 44 ms off a wake without a
 * spare.
 */
export function threadStart(boot: Boot): { readonly entry: URL; readonly workerData: WorkerOptions['workerData'] } {
  if (!SHIPPED) return { entry: new URL('thread-entry.ts', WORKERS), workerData: boot };
  code ??= { source: readFileSync(SCRIPT, 'utf8'), url: SCRIPT.href, compiled: undefined };
  return { entry: new URL('thread-start.cjs', WORKERS), workerData: { ...boot, code } };
}

/** Hands what a thread has compiled to all that start from now on, in memory that they share. */
export function keepCompiled(compiled: Uint8Array): void {
  if (code === undefined) return;
  const shared = new Uint8Array(new SharedArrayBuffer(compiled.length));
  shared.set(compiled);
  code = { ...code, compiled: shared };
}
