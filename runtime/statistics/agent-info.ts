import type { Attempt } from '../../storage/messages.ts';
import type { LifecycleState } from '../lifecycle/lifecycle.ts';

/** Where an agent stands; `quarantined`: it crashed too often, and is not started. */
export type AgentStatus = LifecycleState | 'quarantined';

/** One agent as `list` shows it. */
export interface AgentSummary {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly status: AgentStatus;
  /** When its first turn committed, in milliseconds since 1970; undefined where what is stored of it is damaged. */
  readonly createdAt: number | undefined;
}

/** One agent as `inspect` shows it. */
export interface AgentInfo<State = unknown> {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly status: AgentStatus;
  /** In words: why it is awake, or that it sleeps. */
  readonly why: string;
  /** How many changes of its state have been stored; 0 for one that has never committed a turn. */
  readonly sequence: number;
  /** When its first turn committed, in milliseconds since 1970; undefined before that. */
  readonly createdAt: number | undefined;
  /** Set where it crashed too often and is not started; `at` in milliseconds since 1970. */
  readonly quarantine: { readonly at: number; readonly cause: string; readonly crashes: number } | undefined;
  /** The durable messages that wait for it. */
  readonly inbox: InboxInfo;
  /** Undefined while it sleeps. */
  readonly awake: AwakeInfo | undefined;
  /** Its committed state, where it was asked for. */
  readonly state?: State;
}

/** What waits for an agent on disk. Times are milliseconds since 1970. */
export interface InboxInfo {
  /** Messages told and alarms due, up to 64; `more` where there are more. */
  readonly waiting: number;
  readonly more: boolean;
  /** The message that was tried and failed, which all others wait for. */
  readonly retrying:
    | { readonly id: string; readonly attempts: readonly Attempt[]; readonly retryAt: number | undefined }
    | undefined;
  /** Its alarms, the next one first. */
  readonly alarms: readonly { readonly name: string; readonly at: number; readonly repeats: string | undefined }[];
}

/** What is known of an agent that is not asleep. Times are milliseconds. */
export interface AwakeInfo {
  /** Number of the incarnation; every start of an agent has one of its own. Undefined between two. */
  readonly epoch: number | undefined;
  /** Messages that wait or run. */
  readonly waiting: number;
  /** Since the last message, or the last turn's end. */
  readonly idleForMs: number;
  readonly idleTimeoutMs: number;
  /** How long the running turn has run; undefined between turns. */
  readonly turnForMs: number | undefined;
  /**
   * What caused that turn: a send, a tell or an alarm, and the agents whose turns led to it, the first cause first. Undefined between
   * turns.
   */
  readonly turnOf: { readonly kind: 'send' | 'tell' | 'alarm'; readonly chain: readonly string[] } | undefined;
  /** Whether it stays awake for a promise that `keepAwake` was given. */
  readonly keptAwake: boolean;
  /** Processor time of its worker since that was started, as a spare perhaps; undefined where that is not told (threads need Node 24.6). */
  readonly cpuMs: number | undefined;
  /** Since the thread's event loop last turned, to within `heartbeatIntervalMs`. */
  readonly heartbeatAgeMs: number | undefined;
  /** Crashes since the last turn that ended. */
  readonly crashes: number;
  /** The last 4,096 characters that it has written to each of its standard streams; undefined where it has written none. */
  readonly output: { readonly stdout: string; readonly stderr: string } | undefined;
  readonly memory: { readonly heapUsedMb: number; readonly externalMb: number } | undefined;
}
