import { inspect } from 'node:util';

/**
 * Every code a {@link DrowseError} can carry, with the sentence docs/errors.md gives it and whether the
 * same call can succeed later without anything being changed.
 */
export const ERROR_CODES = {
  ERR_DROWSE_ABORTED: { retryable: false, meaning: 'The caller cancelled; the turn was withdrawn or rolled back.' },
  ERR_DROWSE_AGENT_CRASHED: {
    retryable: true,
    meaning: "The agent's worker ended during this turn. The turn left no trace; `cause` says how it ended.",
  },
  ERR_DROWSE_AGENT_HUNG: {
    retryable: true,
    meaning: 'The agent blocked its event loop for `hangTimeoutMs` and was ended. The turn left no trace.',
  },
  ERR_DROWSE_AGENT_OUT_OF_MEMORY: {
    retryable: false,
    meaning: "The agent's worker reached its heap limit and was ended. The turn left no trace.",
  },
  ERR_DROWSE_AGENT_QUARANTINED: {
    retryable: false,
    meaning: 'The agent crashed too often in a row and takes no turns until it is released; the text has the cause.',
  },
  ERR_DROWSE_BAD_AGENT_MODULE: {
    retryable: false,
    meaning: "The agent type's module is missing, does not parse, throws on import, or exports no agent definition.",
  },
  ERR_DROWSE_CALL_CYCLE: {
    retryable: false,
    meaning:
      'An agent sent a message that, by way of others, would wait for the turn that sent it; the text has the chain.',
  },
  ERR_DROWSE_CLOSED: { retryable: false, meaning: 'The supervisor is closed or closing and takes no more work.' },
  ERR_DROWSE_CORRUPT_STATE: {
    retryable: false,
    meaning: "What is on disk for this agent fails its checksum. Other agents aren't affected.",
  },
  ERR_DROWSE_FENCED: {
    retryable: true,
    meaning: 'A newer owner has opened the agent; a write by the older one was refused.',
  },
  ERR_DROWSE_IDEMPOTENCY_MISMATCH: {
    retryable: false,
    meaning: 'An idempotency key was used before for another message to the same agent.',
  },
  ERR_DROWSE_INVALID_AGENT_ID: {
    retryable: false,
    meaning: 'An agent id is empty, over 512 bytes, holds control characters, or has an empty part.',
  },
  ERR_DROWSE_INVALID_MESSAGE: {
    retryable: false,
    meaning:
      "The schema of the agent's type refuses the message; the text and `issues` say where. Nothing has changed.",
  },
  ERR_DROWSE_INVALID_OPTIONS: { retryable: false, meaning: 'An option is unknown or out of range; the text names it.' },
  ERR_DROWSE_MAILBOX_FULL: {
    retryable: true,
    meaning: '`mailboxLimit` messages wait for the agent already. Nothing was queued.',
  },
  ERR_DROWSE_MESSAGE_TOO_LARGE: {
    retryable: false,
    meaning:
      'A message or reply, or what one turn tells, is over `maxMessageMb`. It was refused before it crossed a thread boundary.',
  },
  ERR_DROWSE_MIGRATION_FAILED: {
    retryable: false,
    meaning: 'The stored state could not be brought to the version of the code. What is stored is unchanged.',
  },
  ERR_DROWSE_NOT_SERIALIZABLE: {
    retryable: false,
    meaning: 'A message, reply or state holds what structured clone cannot copy; the text names its path.',
  },
  ERR_DROWSE_OVERLOADED: {
    retryable: true,
    meaning: 'More waits, or is awake, than the host or the agent holds; the text names the limit. Nothing was queued.',
  },
  ERR_DROWSE_STATE_TOO_LARGE: {
    retryable: false,
    meaning: 'The state is over `maxStateMb`. The turn was rolled back.',
  },
  ERR_DROWSE_STORE_FAILED: {
    retryable: true,
    meaning:
      'The store failed. Where it failed while writing a turn or a message, the outcome is unknown: sent again under the same idempotency key, it is settled.',
  },
  ERR_DROWSE_STORE_LOCKED: { retryable: true, meaning: 'Another supervisor holds the directory.' },
  ERR_DROWSE_TIMEOUT: { retryable: true, meaning: 'The deadline passed; the turn was withdrawn or rolled back.' },
  ERR_DROWSE_TOOL_FAILED: {
    retryable: true,
    meaning:
      'The thread that a tool ran in ended before the tool had; `cause` says how. What the tool did may have happened.',
  },
  ERR_DROWSE_UNKNOWN_TOOL: {
    retryable: false,
    meaning: 'The tools module exports no function of that name; the text lists those that it does.',
  },
  ERR_DROWSE_UNKNOWN_TYPE: { retryable: false, meaning: 'No agent type of that name is registered.' },
  ERR_DROWSE_UNTRACKED_MUTATION: {
    retryable: false,
    meaning:
      'State was used outside its turn, or a value in it was changed in place, where a change could not be kept.',
  },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>;

/** A code of {@link ERROR_CODES}. Compare codes, never texts. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What a schema says against a message: in words, and the keys that lead to the part that is meant, from the outside in. */
export interface MessageIssue {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/**
 * The one error class of drowse. `code` is stable across versions, `retryable` says whether the same call may
 * succeed later, `cause` carries what lies behind it, `agentId` names the agent where there is one. `issues` are there with
 * `ERR_DROWSE_INVALID_MESSAGE` alone: the first 100.
 */
export class DrowseError extends Error {
  override readonly name = 'DrowseError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly agentId?: string;
  readonly issues?: readonly MessageIssue[];

  constructor(
    code: ErrorCode,
    message: string,
    details: { cause?: unknown; agentId?: string; issues?: readonly MessageIssue[] } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    if (details.agentId !== undefined) this.agentId = details.agentId;
    if (details.issues !== undefined) this.issues = details.issues;
  }
}

/** What was thrown, as an Error: anything may be thrown in JavaScript. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error(typeof thrown === 'string' ? thrown : inspect(thrown), { cause: thrown });
}
