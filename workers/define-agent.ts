import type { AgentStream } from '../core/agent-stream.ts';
import type { AgentLog } from '../core/log.ts';

/**
 * What a handler sees of its agent. It is valid for one turn: touching `state` after the turn has ended throws
 * `ERR_DROWSE_UNTRACKED_MUTATION`.
 */
export interface AgentContext<State> {
  /** The full id, `"<type>/<key>"`. */
  readonly id: string;
  /**
   * The agent's state, as a draft: change it in place, or assign it whole. It commits when the turn returns and is as
   * it was when the turn throws. It holds what structured clone can copy.
   */
  state: State;
  /** Aborted when the caller cancels, its deadline passes, or the host wants to close: the turn is then rolled back. */
  readonly signal: AbortSignal;
  /**
   * Sends another agent a message and resolves with its reply; rejects like `supervisor.send`. It is outside the turn: it
   * acts at once, a rollback takes nothing back, and a turn that is tried again sends it again, unless it has an
   * `idempotencyKey`. It leaves after all earlier turns of this agent are durable. It is cancelled with the turn. One that
   * would wait for the turn that sends it is refused: `ERR_DROWSE_CALL_CYCLE`.
   */
  send<Reply = unknown>(agentId: string, message: unknown, options?: CallOptions): Promise<Reply>;
  /**
   * Like `send`, for an agent that yields: its chunks as they come. Leaving the loop early cancels the other turn, not this one. A turn
   * that ends leaves the streams that it has not read to their end.
   */
  stream<Chunk = unknown, Reply = unknown>(
    agentId: string,
    message: unknown,
    options?: CallOptions,
  ): AgentStream<Chunk, Reply>;
  /**
   * Tells an agent, which may be this one, a durable message. It is part of the turn: kept with it or not at all, and then
   * processed exactly once as far as states show. Throws, and tells nothing, for an id of no registered type
   * (`ERR_DROWSE_UNKNOWN_TYPE`, `ERR_DROWSE_INVALID_AGENT_ID`) and a message that cannot be copied or is too large.
   */
  tell(agentId: string, message: unknown): void;
  /**
   * Sends this agent a durable message later, as part of the turn: at a date, after some milliseconds, or again and again. It wakes
   * the agent if need be, and outlives restarts; times missed while the host was down count as one. One set under a
   * name replaces the earlier one of that name. Returns the name. Throws `ERR_DROWSE_INVALID_OPTIONS` for a time that is none.
   */
  alarm(when: AlarmTime, message: unknown, options?: { name?: string }): string;
  /** Takes an alarm back, as part of the turn; harmless where there is none of that name. */
  cancelAlarm(name: string): void;
  /**
   * Keeps the agent awake, after the turn too, until a promise is settled: for work that lives in memory alone, such as a connection
   * that it holds. Nothing of it is kept: what ends the worker ends the work. It does not delay `close` for longer than its drain.
   */
  keepAwake(promise: PromiseLike<unknown>): void;
  /**
   * What the host shares with all agents, by name: the same for the whole turn. Bytes are a view on memory that all threads share, so
   * that to write into it is an error for everybody; JSON is frozen. Throws `ERR_DROWSE_INVALID_OPTIONS` for a name that the host does
   * not share.
   */
  readonly shared: SharedData;
  /** Lines of the agent's log, tagged with its id in the host's. They are outside the turn: a rollback takes none back. */
  readonly log: AgentLog;
}

/** Pieces by name: a Uint8Array, a text, or a frozen value of JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the host knows what each is
export type SharedData = Readonly<Record<string, any>>;

export interface CallOptions {
  /** Milliseconds until the message is withdrawn or its turn rolled back; default the host's `sendTimeoutMs`. */
  timeoutMs?: number;
  /** A repeat under the same key gets the first reply and changes nothing. */
  idempotencyKey?: string;
}

/** A moment, milliseconds from now, an interval in milliseconds, or a cron expression, in the host's time zone unless it names one. */
export type AlarmTime = Date | number | { every: number } | { cron: string; timezone?: string };

export type { AgentStream };

/** An agent: its first state, and what it does with a message. */
// biome-ignore lint/suspicious/noExplicitAny: a definition stands for every agent of its type
export interface AgentDefinition<State = any, Message = any, Reply = any, Chunk = any> {
  /** Version of the state's shape, a whole number from 1; default 1. */
  readonly version?: number;
  /** The state of an agent that has never committed a turn. */
  initialState(id: string): State;
  /** From the state of version `n - 1` to that of version `n`, keyed by `n`. Runs on waking, committed with the next turn. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an older version is nobody's type any more
  readonly migrate?: Readonly<Record<number, (old: any) => unknown>>;
  /** Sleeps after this long without a message, in milliseconds, unless the host sets it for the type. */
  readonly idleTimeoutMs?: number;
  /**
   * One turn: a transaction. Messages come one at a time, in arrival order. What it returns is the reply; it leaves only
   * after the change is durable. As an async generator, what it yields goes to whoever reads the stream, at once and for good: chunks
   * are no part of the transaction. They wait until all earlier turns are durable, and `yield` waits for a slow reader.
   */
  receive(
    agent: AgentContext<State>,
    message: Message,
  ): Reply | Promise<Reply> | AsyncGenerator<Chunk, Reply, undefined>;
  /** Before the first turn of each wake. What it changes, tells and sets is kept with the next turn that commits. */
  activate?(agent: AgentContext<State>): void | Promise<void>;
  /** Before each sleep. What it changes, tells and sets is committed, except for an agent that never committed a turn. */
  passivate?(agent: AgentContext<State>): void | Promise<void>;
}

/** Declares an agent. An agent module exports the result as its default. */
export function defineAgent<State, Message = unknown, Reply = unknown, Chunk = never>(
  definition: AgentDefinition<State, Message, Reply, Chunk>,
): AgentDefinition<State, Message, Reply, Chunk> {
  return Object.freeze(definition);
}
