import { readFileSync } from 'node:fs';

/** Reads a file as text; undefined where there is none, or it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** Reads a file of the system itself, such as those under /proc. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
