import type { Agent } from './agent.ts';
import type { LifecycleState } from './lifecycle.ts';

/** One agent as `list` shows it. */
export interface AgentSummary {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly status: LifecycleState;
  /** When its first turn committed, in milliseconds since 1970; undefined where what is stored of it is damaged. */
  readonly createdAt: number | undefined;
}

/** One agent as `inspect` shows it. */
export interface AgentInfo {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly status: LifecycleState;
  /** In words: why it is awake, or that it sleeps. */
  readonly why: string;
  /** How many changes of its state have been stored; 0 for one that has never committed a turn. */
  readonly sequence: number;
  /** When its first turn committed, in milliseconds since 1970; undefined before that. */
  readonly createdAt: number | undefined;
  /** Undefined while it sleeps. */
  readonly awake: AwakeInfo | undefined;
  /** Its committed state, where it was asked for. */
  readonly state?: unknown;
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
  /** Since the thread's event loop last turned, to within `heartbeatIntervalMs`. */
  readonly heartbeatAgeMs: number | undefined;
  /** Crashes since the last turn that ended. */
  readonly crashes: number;
  readonly memory: { readonly heapUsedMb: number; readonly externalMb: number } | undefined;
}

/** Looks at an awake agent without touching its idle clock. */
export async function inspectAwake(agent: Agent, now: number): Promise<AwakeInfo> {
  const { incarnation } = agent;
  const pulse = incarnation?.thread?.pulse;
  const heap = await incarnation?.thread?.heap();
  const mb = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
  return {
    epoch: incarnation?.epoch,
    waiting: agent.waiting,
    idleForMs: Math.round(agent.activity.idleForMs),
    idleTimeoutMs: agent.activity.timeoutMs,
    turnForMs: since(pulse?.runningSince, now),
    heartbeatAgeMs: since(pulse?.lastBeat || undefined, now),
    crashes: agent.restarts.crashes,
    memory: heap && { heapUsedMb: mb(heap.used), externalMb: mb(heap.external) },
  };
}

/** Why an agent stands where it does. */
export function why(status: LifecycleState, awake: AwakeInfo | undefined, sweepIntervalMs: number): string {
  if (awake === undefined || status === 'dormant') return 'asleep: on disk only';
  const messages = awake.waiting === 1 ? '1 message waits or runs' : `${awake.waiting} messages wait or run`;
  switch (status) {
    case 'starting':
      return `awake: its thread is loading its state; ${messages}`;
    case 'stopping':
      return `going to sleep or ending; ${messages}`;
    case 'backoff':
      return `crashed ${awake.crashes} times in a row and waits before it is started again; ${messages}`;
    case 'active':
      if (awake.turnForMs !== undefined) return `awake: a turn has been running for ${awake.turnForMs} ms; ${messages}`;
      if (awake.waiting > 0) return `awake: ${messages}`;
      return `awake: idle for ${awake.idleForMs} of ${awake.idleTimeoutMs} ms; idle agents are looked for every ${sweepIntervalMs} ms`;
  }
}

function since(time: number | undefined, now: number): number | undefined {
  return time === undefined ? undefined : Math.max(0, now - time);
}
