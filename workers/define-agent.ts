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
  /** Lines of the agent's log, tagged with its id in the host's. They are outside the turn: a rollback takes none back. */
  readonly log: AgentLog;
}

/** An agent: its first state, and what it does with a message. */
// biome-ignore lint/suspicious/noExplicitAny: a definition stands for every agent of its type
export interface AgentDefinition<State = any, Message = any, Reply = any> {
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
   * after the change is durable.
   */
  receive(agent: AgentContext<State>, message: Message): Reply | Promise<Reply>;
  /** Before the first turn of each wake. Changes to the state are kept with the next turn that commits. */
  activate?(agent: AgentContext<State>): void | Promise<void>;
  /** Before each sleep. Changes to the state are committed, except for an agent that never committed a turn. */
  passivate?(agent: AgentContext<State>): void | Promise<void>;
}

/** Declares an agent. An agent module exports the result as its default. */
export function defineAgent<State, Message = unknown, Reply = unknown>(
  definition: AgentDefinition<State, Message, Reply>,
): AgentDefinition<State, Message, Reply> {
  return Object.freeze(definition);
}
