import { DrowseError, type ErrorCode, type MessageIssue } from '../runtime/index.ts';

/** The status each code is answered with. */
const STATUSES = {
  ERR_DROWSE_ABORTED: 409,
  ERR_DROWSE_AGENT_CRASHED: 503,
  ERR_DROWSE_AGENT_HUNG: 503,
  ERR_DROWSE_AGENT_OUT_OF_MEMORY: 500,
  ERR_DROWSE_AGENT_QUARANTINED: 503,
  ERR_DROWSE_BAD_AGENT_MODULE: 500,
  ERR_DROWSE_CALL_CYCLE: 508,
  ERR_DROWSE_CLOSED: 503,
  ERR_DROWSE_CORRUPT_STATE: 500,
  ERR_DROWSE_FENCED: 503,
  ERR_DROWSE_IDEMPOTENCY_MISMATCH: 422,
  ERR_DROWSE_INVALID_AGENT_ID: 400,
  ERR_DROWSE_INVALID_MESSAGE: 422,
  ERR_DROWSE_INVALID_OPTIONS: 400,
  ERR_DROWSE_MAILBOX_FULL: 429,
  ERR_DROWSE_MESSAGE_TOO_LARGE: 413,
  ERR_DROWSE_MIGRATION_FAILED: 500,
  ERR_DROWSE_NOT_SERIALIZABLE: 500,
  ERR_DROWSE_OVERLOADED: 429,
  ERR_DROWSE_STATE_TOO_LARGE: 500,
  ERR_DROWSE_STORE_FAILED: 503,
  ERR_DROWSE_STORE_LOCKED: 503,
  ERR_DROWSE_TIMEOUT: 504,
  ERR_DROWSE_TOOL_FAILED: 502,
  ERR_DROWSE_UNKNOWN_TOOL: 500,
  ERR_DROWSE_UNKNOWN_TYPE: 404,
  ERR_DROWSE_UNTRACKED_MUTATION: 500,
} as const satisfies Record<ErrorCode, number>;

/** What the server refuses by itself, before an agent is asked. */
const REFUSALS = { BAD_REQUEST: 400, FORBIDDEN: 403, NOT_FOUND: 404, UNSUPPORTED_MEDIA_TYPE: 415 } as const;

type Status = (typeof STATUSES)[ErrorCode] | (typeof REFUSALS)[keyof typeof REFUSALS];

/** The body of every answer that is not a success. */
export interface ErrorBody {
  readonly error: {
    /** One of drowse's codes, or `BAD_REQUEST`, `FORBIDDEN`, `NOT_FOUND`, `UNSUPPORTED_MEDIA_TYPE`, `AGENT_ERROR`, `INTERNAL_ERROR`. */
    readonly code: string;
    readonly name: string;
    readonly message: string;
    /** Whether the same request may succeed later. */
    readonly retryable: boolean;
    readonly agentId?: string;
    /** With `ERR_DROWSE_INVALID_MESSAGE`: what the agent's schema says against the message. */
    readonly issues?: readonly MessageIssue[];
  };
}

/** A request that the server does not take. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: keyof typeof REFUSALS;
  readonly agentId: string | undefined;

  constructor(code: keyof typeof REFUSALS, message: string, agentId?: string) {
    super(message);
    this.code = code;
    this.agentId = agentId;
  }
}

/** Carries what an agent's own handler threw, which is no failure of the host. */
export class AgentFailure extends Error {
  readonly agentId: string;

  constructor(cause: unknown, agentId: string) {
    super('An agent threw.', { cause });
    this.agentId = agentId;
  }
}

/** What a send has rejected with: an error of drowse's, or the agent's own, told apart. */
export function ownError(error: unknown, agentId: string): DrowseError | AgentFailure {
  return error instanceof DrowseError ? error : new AgentFailure(error, agentId);
}

/** Says what went wrong as a status and a body. An unexpected error keeps its text to itself: it is the log's. */
export function describeError(error: unknown): { status: Status; body: ErrorBody } {
  if (error instanceof DrowseError) {
    const { code, name, message, retryable, agentId, issues } = error;
    const more = { ...(agentId && { agentId }), ...(issues && { issues }) };
    return { status: STATUSES[code], body: { error: { code, name, message, retryable, ...more } } };
  }
  if (error instanceof Refusal) {
    const { code, name, message, agentId } = error;
    const body = { error: { code, name, message, retryable: false, ...(agentId && { agentId }) } };
    return { status: REFUSALS[code], body };
  }
  if (error instanceof AgentFailure) {
    const { name, message } = error.cause as Error;
    const body = { error: { code: 'AGENT_ERROR', name, message, retryable: false, agentId: error.agentId } };
    return { status: 500, body };
  }
  const message = "The host failed on this request; the host's log says how.";
  return { status: 500, body: { error: { code: 'INTERNAL_ERROR', name: 'Error', message, retryable: false } } };
}
