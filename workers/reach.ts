import { parseAgentId } from '../core/agent-id.ts';
import { DrowseError } from '../core/errors.ts';

/** Whom the agents of a thread can write to, and how much. */
export interface Reach {
  readonly types: readonly string[];
  readonly maxMessageBytes: number;
}

/** The full id. Throws `ERR_DROWSE_INVALID_AGENT_ID` or `ERR_DROWSE_UNKNOWN_TYPE`. */
export function addressOf(agentId: string, { types }: Reach): string {
  const { full, type } = parseAgentId(agentId, types.length === 1 ? types[0] : undefined);
  if (types.includes(type)) return full;
  const text = `Agent type "${type}" is not registered; there are: ${types.join(', ')}.`;
  throw new DrowseError('ERR_DROWSE_UNKNOWN_TYPE', text, { agentId: full });
}
