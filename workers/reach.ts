import { parseAgentId } from '../core/agent-id.ts';
import { type Packed, sizeOf } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { packOutward } from './outward.ts';

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

/** Throws `ERR_DROWSE_NOT_SERIALIZABLE` or `ERR_DROWSE_MESSAGE_TOO_LARGE`. */
export function packMessage(message: unknown, { maxMessageBytes }: Reach): Packed {
  const body = packOutward(message, 'message');
  const size = sizeOf(body);
  if (size <= maxMessageBytes) return body;
  const text = `The message has ${size} bytes; maxMessageMb allows ${maxMessageBytes}. Write less, or raise maxMessageMb.`;
  throw new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text);
}
