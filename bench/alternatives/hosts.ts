import { Drowse } from './drowse.ts';
import { DurableObjects } from './durable-objects.ts';
import type { Host } from './host.ts';
import { JsonFiles } from './json-files.ts';
import { PiscinaLevel } from './piscina-level.ts';

const HOSTS: Readonly<Record<string, { open(directory: string): Promise<Host> }>> = {
  drowse: Drowse,
  'Map, JSON files': JsonFiles,
  'Piscina, LevelDB': PiscinaLevel,
  ...(DurableObjects.isInstalled() && { 'Durable Objects': DurableObjects }),
};

/** What can be measured here, drowse the first. */
export const hostNames = Object.keys(HOSTS);

/** Opens one by name, in a directory of its own. */
export function openHost(name: string, directory: string): Promise<Host> {
  const host = HOSTS[name];
  if (host === undefined) throw new RangeError(`There is no host ${name}.`);
  return host.open(directory);
}
