import { DrowseError } from './errors.ts';

/** What is wrong with changing a state after the turn, and what to do instead. */
export const REMEDY =
  ', where a change could not be kept. Await the work inside receive(), or tell the agent a message, agent.tell(agent.id, …), that makes the change in a turn of its own.';

/** Whether an error says that a part of a state was used that a turn had in hand which is over. */
function isAfterTurn(error: unknown): boolean {
  return error instanceof TypeError && error.message.endsWith('on a proxy that has been revoked');
}

/** The same error, or what says more of it. */
export function explained(error: unknown): unknown {
  if (!isAfterTurn(error)) return error;
  const text = `A part of agent.state was used after its turn had ended${REMEDY}`;
  return new DrowseError('ERR_DROWSE_UNTRACKED_MUTATION', text, { cause: error });
}
