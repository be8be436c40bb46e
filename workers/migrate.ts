import { asError, DrowseError } from '../core/errors.ts';
import type { AgentDefinition } from './define-agent.ts';
import type { Snapshot } from './state.ts';

/**
 * Brings a stored state to the version of the code, one step at a time. Throws `ERR_DROWSE_MIGRATION_FAILED`; what is
 * stored stays as it was until the first turn after a migration commits.
 */
export async function migrate(stored: Snapshot, definition: AgentDefinition): Promise<unknown> {
  const { version: target = 1, migrate: steps = {} } = definition;
  if (stored.version > target) {
    throw failed(`The stored state has version ${stored.version}, the code ${target}: deploy the newer code again`);
  }
  let { state } = stored;
  for (let version = stored.version + 1; version <= target; version += 1) {
    const step = steps[version];
    if (step === undefined)
      throw failed(`The definition has no migrate[${version}] for a state of version ${version - 1}`);
    try {
      state = await step(state);
    } catch (cause) {
      throw failed(`migrate[${version}] threw: ${asError(cause).message}`, cause);
    }
  }
  return state;
}

function failed(why: string, cause?: unknown): DrowseError {
  return new DrowseError('ERR_DROWSE_MIGRATION_FAILED', `${why}. The stored state is unchanged.`, { cause });
}
