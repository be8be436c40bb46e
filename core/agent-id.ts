import { DrowseError } from './errors.ts';

/** `"<type>/<key>"`: the type ends at the first slash, the key may hold more of them. */
export interface AgentId {
  readonly full: string;
  readonly type: string;
  readonly key: string;
}

const MAX_BYTES = 512;
// C0, DEL and C1 controls: unreadable in logs, and the store separates the parts of its keys with one of them.
const CONTROL = /\p{Cc}/u;

/**
 * Parses an agent id. `onlyType` is the one registered type, where there is one: then an id without a slash
 * is its key. Throws `ERR_DROWSE_INVALID_AGENT_ID`, or `ERR_DROWSE_UNKNOWN_TYPE` for a bare key where several
 * types are registered.
 */
export function parseAgentId(id: string, onlyType?: string): AgentId {
  if (typeof id !== 'string') throw invalid(id, `is ${typeof id}, not a string`);
  if (id === '') throw invalid(id, 'is empty');
  if (CONTROL.test(id)) throw invalid(id, 'holds a control character');
  if (!id.isWellFormed()) throw invalid(id, 'holds a lone surrogate and has no UTF-8 form');
  const slash = id.indexOf('/');
  if (slash === -1 && onlyType === undefined) {
    throw new DrowseError(
      'ERR_DROWSE_UNKNOWN_TYPE',
      `Agent id ${quote(id)} names no type. Several types are registered: write "<type>/<key>".`,
    );
  }
  const type = slash === -1 ? (onlyType as string) : id.slice(0, slash);
  const key = slash === -1 ? id : id.slice(slash + 1);
  const full = slash === -1 ? `${type}/${key}` : id;
  if (type === '') throw invalid(id, 'has an empty type before the slash');
  if (key.split('/').includes('')) throw invalid(id, 'has an empty part in its key');
  const bytes = Buffer.byteLength(full);
  if (bytes > MAX_BYTES) throw invalid(id, `has ${bytes} bytes of UTF-8; at most ${MAX_BYTES} are allowed`);
  return { full, type, key };
}

function invalid(id: unknown, why: string): DrowseError {
  return new DrowseError('ERR_DROWSE_INVALID_AGENT_ID', `Agent id ${quote(id)} ${why}.`);
}

function quote(id: unknown): string {
  const text = JSON.stringify(id) ?? String(id);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
