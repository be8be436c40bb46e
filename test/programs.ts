import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The programs of a page: blocks of code whose first line names their file. */
export interface Programs {
  readonly code: ReadonlyMap<string, string>;
  /** What the page says that they print. */
  readonly printed: string | undefined;
}

/** Those of a page of this package, given by its path. */
export function programsOf(page: string): Programs {
  const text = readFileSync(join(import.meta.dirname, '..', page), 'utf8');
  const blocks = text.matchAll(/```[jt]s\n\/\/ (\S+)\n(.*?)```/gs);
  return {
    code: new Map(Array.from(blocks, ([, file = '', code = '']) => [file, code])),
    printed: /```text\n(.*?)```/s.exec(text)?.[1],
  };
}

/** Puts them into a folder. In one below this package, `drowse` is found. */
export function writePrograms({ code }: Programs, folder: string): void {
  for (const [file, text] of code) writeProgram(folder, file, text);
}

export function writeProgram(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}
