import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { invalid } from './settings.ts';

/** The URL of a module that is given as a file URL, or as a path from the working directory. */
export function moduleUrl(path: string, module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== 'string' || module === '') throw invalid(`${path} must be a path or URL`);
  return module.startsWith('file:') ? module : pathToFileURL(resolve(module)).href;
}

/** Of this process's variables those that are named. */
export function environment(path: string, names: readonly string[] = []): Readonly<Record<string, string>> {
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
    throw invalid(`${path} must list names of variables`);
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
