import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A directory for code that workers run, among the system's temporary ones, made where there is none. It belongs to this user, and
 * nobody else may write to it; undefined where that cannot be had.
 */
export function ownDirectory(name: string): string | undefined {
  const uid = process.getuid?.();
  const path = join(tmpdir(), `drowse-${name}-${uid ?? 'own'}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    const safe = found.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0));
    return safe ? path : undefined;
  } catch {
    return undefined;
  }
}
