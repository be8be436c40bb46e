import { asError, DrowseError } from '../core/errors.ts';
import type { AgentDefinition } from './define-agent.ts';

/** Imports a module. */
export type Import = (url: string) => Promise<{ default?: unknown }>;

/** Imports an agent module and checks what it exports. Throws `ERR_DROWSE_BAD_AGENT_MODULE` that names the module. */
export async function loadDefinition(module: string, load: Import = (url) => import(url)): Promise<AgentDefinition> {
  let exported: { default?: unknown };
  try {
    exported = await load(module);
  } catch (cause) {
    throw bad(module, `cannot be loaded: ${asError(cause).message}`, cause);
  }
  const definition = exported.default as Partial<AgentDefinition> | undefined;
  if (typeof definition !== 'object' || definition === null) {
    throw bad(module, 'has no agent as its default export: write `export default defineAgent({ … })`');
  }
  for (const handler of ['receive', 'initialState'] as const) {
    if (typeof definition[handler] !== 'function') throw bad(module, `has no ${handler}() in its default export`);
  }
  const { version = 1, idleTimeoutMs = 1, message } = definition;
  if (!Number.isSafeInteger(version) || version < 1)
    throw bad(module, `has version ${version}, not a whole number from 1`);
  if (typeof idleTimeoutMs !== 'number' || !(idleTimeoutMs > 0))
    throw bad(module, `has idleTimeoutMs ${idleTimeoutMs}, not a number of milliseconds above 0`);
  if (message !== undefined && typeof message?.['~standard']?.validate !== 'function')
    throw bad(module, 'has a message that is no Standard Schema, such as those of Zod, Valibot or ArkType');
  return definition as AgentDefinition;
}

function bad(module: string, why: string, cause?: unknown): DrowseError {
  return new DrowseError('ERR_DROWSE_BAD_AGENT_MODULE', `Agent module ${module} ${why}.`, { cause });
}
