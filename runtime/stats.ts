import type { Agent } from './agent.ts';
import type { Hosting } from './hosting.ts';

/** Figures of a supervisor, cheap enough to be taken every second. */
export interface SupervisorStats {
  readonly agents: {
    /** Agents that exist: those that ever committed a turn and were not deleted. */
    readonly total: number;
    /** Those of them that have a thread. */
    readonly active: number;
    /** Those that have none: `total - active`. */
    readonly inactive: number;
    /** Threads of agents that have never committed, and so don't exist yet. */
    readonly warming: number;
  };
  readonly workers: {
    readonly starting: number;
    readonly active: number;
    readonly stopping: number;
    readonly backoff: number;
    /** Threads that were given up but still run, blocked in a native call. */
    readonly zombies: number;
    /** Threads that exist, zombies included. */
    readonly threads: number;
  };
  /** Of the whole process, in bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly external: number };
  /** Since the supervisor was opened. */
  readonly turns: { readonly committed: number; readonly failed: number; readonly cancelled: number };
  /** From send to reply, in milliseconds, since the supervisor was opened. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly crashes: number;
  /** Messages that wait or run, over all agents. */
  readonly mailbox: { readonly waiting: number };
}

export function takeStats(agents: Iterable<Agent>, hosting: Hosting): SupervisorStats {
  const { store, threads, counters } = hosting;
  const states = { dormant: 0, starting: 0, active: 0, stopping: 0, backoff: 0 };
  let active = 0;
  let warming = 0;
  let waiting = 0;
  for (const agent of agents) {
    states[agent.state] += 1;
    waiting += agent.waiting;
    if (agent.incarnation?.thread === undefined) continue;
    if (agent.incarnation.sequence > 0) active += 1;
    else warming += 1;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const { starting, stopping, backoff } = states;
  return {
    agents: { total: store.total, active, inactive: store.total - active, warming },
    workers: { starting, active: states.active, stopping, backoff, zombies: threads.zombies, threads: threads.size },
    memory: { rss, heapUsed, external },
    turns: { committed: counters.committed, failed: counters.failed, cancelled: counters.cancelled },
    latency: counters.latency,
    crashes: counters.crashes,
    mailbox: { waiting },
  };
}
