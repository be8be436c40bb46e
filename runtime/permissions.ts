import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Permissions } from './options.ts';
import { invalid, mustBeKnown } from './settings.ts';

const FLAGS = {
  childProcesses: '--allow-child-process',
  workers: '--allow-worker',
  addons: '--allow-addons',
  network: '--allow-net',
} as const;

/** What a worker loads of drowse, and of other packages where it runs from sources. */
const OWN = [
  createRequire(import.meta.url).resolve('drowse/package.json'),
  ...['workers', 'core', 'dist', 'node_modules']
    .map((name) => join(import.meta.dirname, '..', name))
    .filter(existsSync),
];

/** The arguments of Node that grant no more than that. Throws `ERR_DROWSE_INVALID_OPTIONS`. */
export function permissionFlags(path: string, permissions: Permissions, module: string): string[] {
  if (typeof permissions !== 'object' || permissions === null) throw invalid(`${path} must be an object`);
  mustBeKnown(permissions, ['read', 'write', ...Object.keys(FLAGS)], `${path}.`);
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  for (const name of names) {
    if (typeof (permissions[name] ?? false) !== 'boolean') throw invalid(`${path}.${name} must be true or false`);
  }
  const own = module.startsWith('file:') ? [...OWN, ...neededBy(fileURLToPath(module))] : OWN;
  return [
    '--permission',
    // Dropped before the agent's module is loaded: see die-with-parent.ts.
    ...supported(['--allow-ffi', '--disable-warning=PERM0003']),
    ...[...own, ...paths(`${path}.read`, permissions.read)].map((name) => `--allow-fs-read=${name}`),
    ...paths(`${path}.write`, permissions.write).map((name) => `--allow-fs-write=${name}`),
    ...supported(names.filter((name) => permissions[name]).map((name) => FLAGS[name])),
  ];
}

/** A module, and the package.json files that Node looks into when it resolves an import of it. */
function neededBy(module: string): string[] {
  const found = [module];
  for (let folder = dirname(module); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) found.push(file);
    if (folder === dirname(folder)) return found;
  }
}

function paths(path: string, names: readonly string[] = []): string[] {
  const good = Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '');
  if (!good) throw invalid(`${path} must list files and directories`);
  return names.map((name) => (name === '*' ? name : resolve(name)));
}

function supported(flags: readonly string[]): string[] {
  return flags.filter((flag) => process.allowedNodeEnvironmentFlags.has(flag.replace(/=.*/, '')));
}
