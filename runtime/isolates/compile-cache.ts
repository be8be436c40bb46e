import { ownDirectory } from './own-directory.ts';

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
  return process.env.NODE_COMPILE_CACHE || ownDirectory('compile-cache');
}
