import type { ToolStats } from '../tools/tool-stats.ts';

/** Of the whole process, in bytes. */
export interface HostMemory {
  readonly rss: number;
  /** Of the host's own thread. */
  readonly heapUsed: number;
  readonly external: number;
  /** What all agents that are awake, and spares, were last measured to hold. */
  readonly agents: number;
  /** What counts against the budget: RSS and the agents' processes; where the memory of ended threads stays, what is in use of it. */
  readonly used: number;
  /** `memoryBudgetMb`. */
  readonly limit: number;
  readonly target: number;
  /** Memory is short: the limit was passed, and the target is not reached yet. */
  readonly pressed: boolean;
  /** What keeps the memory of agents that sleep from going back to the system, and the line that helps; empty where it goes back. */
  readonly obstacles: readonly { readonly what: string; readonly remedy: string }[];
}

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
    /** Agents that crashed too often and are not started. */
    readonly quarantined: number;
  };
  readonly workers: {
    readonly starting: number;
    readonly active: number;
    readonly stopping: number;
    readonly backoff: number;
    /** Workers that are ready for the next agents to wake. */
    readonly spares: number;
    /** Threads that were given up but still run, blocked in a native call. */
    readonly zombies: number;
    /** Threads that exist, spares and zombies included. */
    readonly threads: number;
    /** The same of processes, which agents with `isolation: 'process'` have in the place of a thread. */
    readonly processes: number;
  };
  /**
   * Threads that were given up but still run, blocked in a native call, and since when (milliseconds since 1970). Their agents run
   * elsewhere; nothing that such a thread says reaches anybody.
   */
  readonly zombies: readonly { readonly agentId: string; readonly since: number }[];
  /** Left out where there are none. */
  readonly tools?: ToolStats;
  readonly memory: HostMemory;
  /** Since the supervisor was opened. */
  readonly turns: { readonly committed: number; readonly failed: number; readonly cancelled: number };
  /** From send to reply, in milliseconds, since the supervisor was opened. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly crashes: number;
  /** Messages that wait or run, over all agents, and the memory that sends among them take. */
  readonly mailbox: { readonly waiting: number; readonly bytes: number };
}
