import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AgentStream } from '../core/agent-stream.ts';
import type { AgentLog } from '../core/log.ts';
import type { SharedOf, ToolsOf } from './register.ts';

/**
 * What a handler sees of its agent. `state` and alarms are the turn's: touching them after it has ended throws
 * `ERR_DROWSE_UNTRACKED_MUTATION`. Everything else can be used by work that goes on after it.
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
   * The functions of the host's tools module, by name: `agent.tools.search(query)`. They run in threads that all agents share, and
   * answer with a promise, or as `stream` does where they yield. A call rejects with what the tool threw, or `ERR_DROWSE_TOOL_FAILED`
   * where its thread ended. It is outside the turn, leaves after all earlier turns are durable, and is cancelled with the turn. A name
   * that there is not throws `ERR_DROWSE_UNKNOWN_TOOL`. {@link Register} types them.
   */
  readonly tools: Tools;
  /**
   * Tells an agent, which may be this one, a durable message. It is part of the turn: kept with it or not at all, and then
   * processed exactly once as far as states show. Throws, and tells nothing, for an id of no registered type
   * (`ERR_DROWSE_UNKNOWN_TYPE`, `ERR_DROWSE_INVALID_AGENT_ID`) and a message that cannot be copied or is too large.
   *
   * Work that goes on after its turn tells at once, in a write of its own: so it comes back into the state. Where that write fails, the
   * log says so; `send` to the agent itself has an answer.
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
   * that it holds. Nothing of it is kept: what ends the worker ends the work. It does not delay `close` for longer than its drain. Such
   * work cannot touch the state, whose turn is over: it tells the agent (`agent.tell(agent.id, …)`) what to make of it.
   */
  keepAwake(promise: PromiseLike<unknown>): void;
  /**
   * What the host shares with all agents, by name: the same for the whole turn; work that goes on after it sees the newest. Bytes are a
   * view on memory that all threads share, so that to write into it is an error for everybody; JSON is frozen. Throws
   * `ERR_DROWSE_INVALID_OPTIONS` for a name that the host does not share.
   */
  readonly shared: SharedData;
  /** Lines of the agent's log, tagged with its id in the host's. They are outside the turn: a rollback takes none back. */
  readonly log: AgentLog;
}

export interface CallOptions {
  /** Milliseconds until the message is withdrawn or its turn rolled back; default the host's `sendTimeoutMs`. */
  timeoutMs?: number;
  /** A repeat under the same key gets the first reply and changes nothing. */
  idempotencyKey?: string;
}

/** A moment, milliseconds from now, an interval in milliseconds, or a cron expression, in the host's time zone unless it names one. */
export type AlarmTime = Date | number | { every: number } | { cron: string; timezone?: string };

export type { AgentStream };

/** An agent: its first state, and what it does with a message. `Sent` is what senders give; a schema makes a `Message` of it. */
// biome-ignore lint/suspicious/noExplicitAny: a definition stands for every agent of its type
export interface AgentDefinition<State = any, Message = any, Reply = any, Chunk = any, Sent = any> {
  /**
   * What messages have to be: a schema of Zod, Valibot, ArkType, or any other Standard Schema. It runs in the agent's thread before
   * the turn, which gets the value that it makes. What it refuses begins no turn and changes nothing: the sender gets
   * `ERR_DROWSE_INVALID_MESSAGE` with its issues, and what was told becomes a dead letter at once. What it throws counts as
   * thrown by the turn.
   */
  readonly message?: StandardSchemaV1<Sent, Message>;
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
export function defineAgent<State, Message = unknown, Reply = unknown, Chunk = never, Sent = Message>(
  definition: AgentDefinition<State, Message, Reply, Chunk, Sent>,
): AgentDefinition<State, Message, Reply, Chunk, Sent> {
  return Object.freeze(definition);
}

/** What an agent is sent; with a schema, the schema's input. */
export type MessageOf<Definition extends AgentDefinition> =
  Definition extends AgentDefinition<infer _State, infer _Message, infer _Reply, infer _Chunk, infer Sent>
    ? Sent
    : never;

/** What senders get of an agent: what its promises resolve with. */
export type ReplyOf<Definition extends AgentDefinition> =
  Definition extends AgentDefinition<infer _State, infer _Message, infer Reply> ? Awaited<Reply> : never;

/** What an agent's turns yield; `never` where they yield nothing. */
export type ChunkOf<Definition extends AgentDefinition> =
  Definition extends AgentDefinition<infer _State, infer _Message, infer _Reply, infer Chunk> ? Chunk : never;

/** An agent's state. */
export type StateOf<Definition extends AgentDefinition> =
  Definition extends AgentDefinition<infer State> ? State : never;

/**
 * Empty, for a project to fill in: what it says types the tools and the shared data in all its agents.
 *
 *     declare module 'drowse/agent' {
 *       interface Register {
 *         tools: typeof import('./tools.js');
 *         shared: { prompts: Prompts };
 *       }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled in elsewhere
export interface Register {}

/** The tools, as {@link Register} has them; any where it says nothing of them. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is known of them
export type Tools = Register extends { tools: infer Module } ? ToolsOf<Module> : any;

/** The shared data, as {@link Register} has it; any where it says nothing of it. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is known of it
export type SharedData = Register extends { shared: infer Data } ? SharedOf<Data> : Readonly<Record<string, any>>;
