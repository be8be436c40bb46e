import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

interface Package {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What runs, by name: Node, V8 and libuv, drowse, and what drowse is made of as it is installed. */
export function versions(): Record<string, string> {
  const { node, v8, uv } = process.versions;
  const drowse = read(findPackageJSON(import.meta.url));
  const parts = Object.keys(drowse?.dependencies ?? {}).map((name) => [
    name,
    read(findPackageJSON(name, import.meta.url))?.version ?? 'unknown',
  ]);
  return { node, v8, uv, drowse: drowse?.version ?? 'unknown', ...Object.fromEntries(parts) };
}

function read(file: string | undefined): Package | undefined {
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Package);
}
