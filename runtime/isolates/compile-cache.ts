import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let directory: string | undefined;
let looked = false;

/**
 * Variables with which a Node keeps what V8 compiles, our code and the agents' alike, so that the next worker does without: 2 ms of
 * 15, and for an agent in TypeScript the compiler too. Its own cache directory is used where this process was given one, else
 * one that belongs to this user alone; none where that cannot be had.
 */
export function compileCache(): Readonly<Record<string, string>> {
  if (!looked) directory = process.env.NODE_DISABLE_COMPILE_CACHE ? undefined : find();
  looked = true;
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}

function find(): string | undefined {
  if (process.env.NODE_COMPILE_CACHE) return process.env.NODE_COMPILE_CACHE;
  const uid = process.getuid?.();
  const own = join(tmpdir(), `drowse-compile-cache-${uid ?? 'own'}`);
  try {
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const found = lstatSync(own);
    // What lies in it is run: nobody else may write to it.
    const safe = found.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0));
    return safe ? own : undefined;
  } catch {
    return undefined;
  }
}
