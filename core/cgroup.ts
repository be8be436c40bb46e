import { join } from 'node:path';
import type { ReadText } from './read-text.ts';

const ROOT = '/sys/fs/cgroup';

/**
 * What a file says in the control group of this process and in each group above it that can be seen from here, innermost first:
 * the tightest limit of all of them holds. Empty on other systems than Linux. A controller of version 2 has its files in the
 * one tree (`memory.max`), one of version 1 in a tree of its own (`memory.limit_in_bytes`); name the files of either.
 */
export function cgroupTexts(controller: string, file: string, read: ReadText): readonly string[] {
  const texts: string[] = [];
  for (const folder of foldersOf(controller, read('/proc/self/cgroup') ?? '')) {
    const text = read(join(folder, file));
    if (text !== undefined) texts.push(text.trim());
  }
  return texts;
}

/** A container that has no view of its own of the groups is told its path outside, of which only the root exists here. */
function foldersOf(controller: string, groups: string): string[] {
  const folders: string[] = [];
  for (const line of groups.split('\n')) {
    const [number, controllers, ...path] = line.split(':');
    if (controllers === undefined) continue;
    const root = number === '0' ? ROOT : join(ROOT, controller);
    if (number === '0' || controllers.split(',').includes(controller)) folders.push(...upwards(root, path.join(':')));
  }
  return folders;
}

function upwards(root: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return [...names.keys(), names.length].map((length) => join(root, ...names.slice(0, length))).reverse();
}
