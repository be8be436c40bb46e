import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { asError, DrowseError } from '../../core/errors.ts';
import type { AgentType } from '../agent-types.ts';
import { ownDirectory } from './own-directory.ts';

/** The modules that workers load in the place of agents' own: each with all that it imports, in one file. */
export class Bundles {
  readonly #made = new Map<AgentType, Promise<string>>();

  /** The URL of the module to load for agents of a type; it is bundled at the first call. Rejects with `ERR_DROWSE_BAD_AGENT_MODULE`. */
  async moduleOf(type: AgentType): Promise<string> {
    if (!type.bundle) return type.module;
    let made = this.#made.get(type);
    if (made === undefined) {
      made = bundle(type.module);
      this.#made.set(type, made);
      // What is wrong with it may be mended by the next time.
      made.catch(() => this.#made.delete(type));
    }
    return made;
  }
}

async function bundle(module: string): Promise<string> {
  try {
    const code = await bundledCode(fileURLToPath(module));
    const directory = ownDirectory('bundles');
    if (directory === undefined) throw new Error('there is no temporary directory of this user alone to keep it in');
    const path = join(directory, `${createHash('sha256').update(code).digest('hex').slice(0, 32)}.mjs`);
    if (!existsSync(path)) {
      // Another host may be at the same: a worker must not read half of it.
      const unfinished = `${path}.${randomUUID()}`;
      await writeFile(unfinished, code, { mode: 0o600 });
      await rename(unfinished, path);
    }
    return pathToFileURL(path).href;
  } catch (cause) {
    const text = `Agent module ${module} cannot be bundled: ${asError(cause).message}.`;
    throw new DrowseError('ERR_DROWSE_BAD_AGENT_MODULE', text, { cause });
  }
}

async function bundledCode(path: string): Promise<Uint8Array> {
  const { build } = await import('esbuild').catch((cause: unknown) => {
    throw new Error('that takes esbuild, which is not installed: npm install esbuild', { cause });
  });
  const require = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(path)});`;
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
    // It is loaded from elsewhere.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(path).href),
      'import.meta.filename': JSON.stringify(path),
      'import.meta.dirname': JSON.stringify(dirname(path)),
    },
    // For packages that are no ES modules.
    banner: { js: require },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild made nothing of it');
  return output.contents;
}
