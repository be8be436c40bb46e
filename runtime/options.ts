import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Durability, Store } from '../storage/store.ts';

/**
 * What an agent in a process of its own may do, by Node's permission model: what is not named is refused with
 * `ERR_ACCESS_DENIED`. Its own module and drowse can always be read; what it imports beside them has to be named.
 */
export interface Permissions {
  /** Files and directories that it may read; `*` for all. */
  read?: readonly string[];
  /** Files and directories that it may write; `*` for all. */
  write?: readonly string[];
  childProcesses?: boolean;
  workers?: boolean;
  addons?: boolean;
  /** Node 24 cannot refuse it. */
  network?: boolean;
}

/** One agent type: its module, or its module with what differs from the supervisor's options. */
export interface AgentTypeOptions {
  /** A file URL, or a path from the working directory. */
  module: URL | string;
  /** Overrides the supervisor's and the definition's; milliseconds. */
  idleTimeoutMs?: number;
  /** Overrides the supervisor's. */
  maxHeapMb?: number;
  /** Names of the environment variables that agents of this type see. By default they see none. */
  env?: readonly string[];
  /**
   * `thread`, the default, or `process`: each awake agent in a process of its own, which costs more memory and a longer
   * start, and contains what a thread does not: see docs/isolation.md.
   */
  isolation?: 'thread' | 'process';
  /**
   * Whether workers load the module as one file with all that it imports, made by esbuild (`npm install esbuild`) when the first agent
   * of the type starts. For a module that imports much: each worker then has no graph of modules to walk and to keep. Not for
   * modules that import native addons, or that find files by the place of another module than their own. Default false.
   */
  bundle?: boolean;
  /** What agents in processes of their own may do; by default whatever the host may. */
  permissions?: Permissions;
}

/** A module of functions for all agents, and what its threads may do. */
export interface ToolsOptions {
  /** A file URL, or a path from the working directory. */
  module: URL | string;
  /** Names of the environment variables that the tools see. By default they see none. */
  env?: readonly string[];
  /** Threads for CPU-bound tools; default the machine's cores but one, at least 1. */
  cpuThreads?: number;
  /** Calls of I/O-bound and of CPU-bound tools that may wait for a thread, each; default 1,000. */
  maxQueue?: number;
  /** What a thread may hold in memory, heap and buffers together, before it is ended; default 512. */
  maxHeapMb?: number;
}

/** What {@link Supervisor.open} takes. Times are milliseconds, sizes MiB. */
export interface SupervisorOptions {
  /** Where LevelDB keeps the agents; created if missing. One supervisor at a time may hold it. */
  directory?: string;
  /** A store in place of the directory. The supervisor closes it. */
  store?: Store;
  /** Agent types by name: a module (file URL, or path from the working directory), or options with one. */
  agents: Readonly<Record<string, URL | string | AgentTypeOptions>>;
  /**
   * A module whose exported functions all agents can call as `agent.tools.<name>(…)`. It is loaded once per thread of a pool, and not
   * once per agent: the place for libraries that are large or slow to load. See docs/tools.md.
   */
  tools?: URL | string | ToolsOptions;
  /** An agent sleeps after this long without a message; default 30 min. */
  idleTimeoutMs?: number;
  /** How often idle agents are looked for; default 5 min. */
  sweepIntervalMs?: number;
  /** How often each agent's heartbeat is looked at; default 5 s. */
  heartbeatIntervalMs?: number;
  /**
   * How long an agent may block its event loop before its thread is ended, found to within two heartbeats; default 30 s.
   * One that awaits something blocks nothing.
   */
  hangTimeoutMs?: number;
  /** How long an agent may take to load its module and state, `activate()` included; default 60 s. Longer counts as a crash. */
  startTimeoutMs?: number;
  /** How long a `send` that names no timeout waits for its reply; default 5 min. */
  sendTimeoutMs?: number;
  /**
   * How long a turn may take, that of a send to within two heartbeats; default 15 min. A longer one is asked to end, and its thread
   * is ended after `abortGraceMs`; of a durable message it is a failed attempt.
   */
  turnTimeoutMs?: number;
  /**
   * How long a write to the store may take before the event `storeStalled` is emitted; default 30 s. `drowse serve` then ends and is
   * started again.
   */
  storeStallMs?: number;
  /** Between asking a turn, a sleep or a shutdown to end and ending the thread; default 5 s. */
  abortGraceMs?: number;
  /** Messages that may wait for one agent, those in its thread included; default 1,000. */
  mailboxLimit?: number;
  /**
   * How many agents may be awake. Before another wakes, the least recently used of those that are idle sleeps; where none is within a
   * second it is refused (`ERR_DROWSE_OVERLOADED`, retryable), and durable messages wait. Default: as many as `vm.max_map_count` lets
   * threads have memory, some 1,600 where that is 65,530; beyond it the system ends the whole process.
   */
  maxActive?: number;
  /**
   * How much memory the host may take, its agents' processes included. Above the limit, spares are given up and the least recently used
   * of the idle agents sleep until the target is reached; until then each agent that wakes waits for one that goes, and
   * where none does within a second it is refused (`ERR_DROWSE_OVERLOADED`, retryable). Default: a limit of 80 % of what the container,
   * or the machine, has. The target is 90 % of the limit, unless it is given.
   */
  memoryBudgetMb?: number | { limit: number; target?: number };
  /** What sends that wait or run may hold in memory, over all agents, each counted with 1 KiB beside its message; default 256. */
  mailboxTotalMb?: number;
  /**
   * What an agent may hold in memory, heap and buffers together, before its thread is ended; default 128. A large state needs
   * several times its size: it is read, decoded, and now and then encoded whole.
   */
  maxHeapMb?: number;
  /** Largest message and reply; default 16. */
  maxMessageMb?: number;
  /** Largest state; default 256. */
  maxStateMb?: number;
  /** How often the turn of a durable message may begin before the message moves to the dead letters; default 3. */
  maxAttempts?: number;
  /** For how long a repeat under the same idempotency key gets the first reply; default 24 h. */
  idempotencyRetentionMs?: number;
  /** How many replies of one agent are kept for that, and no more than 64 MiB: of more, the oldest are forgotten. Default 1,000. */
  idempotencyLimit?: number;
  /** For how long dead letters are kept; default 7 days. */
  deadLetterRetentionMs?: number;
  /**
   * How a crashed agent comes back. `backoffMs`: the first delay while work waits, doubling up to the last, each shortened by up
   * to half; default [100, 30_000]. An agent that crashes more than `limit` times (5) within `windowMs` (60 s), and ends
   * no turn in between, is quarantined.
   */
  restarts?: { limit?: number; windowMs?: number; backoffMs?: readonly [first: number, last: number] };
  /**
   * Workers kept ready for agents to wake in, of each type: with its module loaded, so that a wake takes 1 ms and not 15. A number keeps
   * that many; bounds let it follow the rate of wakes, which ends with `min` ten minutes after the last one. Default { min: 0, max: 4 }.
   * One takes as much memory as an agent that is awake. A module is loaded as it is when its spare is made.
   */
  spares?: number | { min?: number; max?: number };
  /**
   * Data that agents read as `agent.shared.<name>`, in memory once for all threads. A file URL is read when the host is opened: `.json`
   * as JSON; `.txt`, `.md`, `.csv`, `.html`, `.xml`, `.yaml` and `.yml` as text; all else as bytes. A string is a text, a Uint8Array or
   * ArrayBuffer is bytes, and any other value is JSON. Each is copied; `supervisor.share` replaces it. See docs/shared-data.md.
   */
  shared?: Readonly<Record<string, unknown>>;
  /** `fsync`, the default: a reply leaves after its turn is on the disk. `os`: after the operating system has it. */
  durability?: Durability;
  /** Where the agents' log lines, their output and lifecycle events go; by default nowhere. */
  log?: Logger;
  /** The time; for tests. */
  clock?: Clock;
}

export interface SendOptions {
  /** Cancels: a message that waits is withdrawn, a running turn is asked to end and rolled back. */
  signal?: AbortSignal;
  /** Milliseconds until the same happens by itself; default `sendTimeoutMs`. */
  timeoutMs?: number;
  /**
   * A repeat under the same key, while the first runs or within `idempotencyRetentionMs` of its end, gets the first reply and
   * changes nothing. It is kept with the turn, so that it holds through sleeps, crashes and restarts. A turn that
   * failed keeps nothing: a repeat is a new try.
   */
  idempotencyKey?: string;
}

export interface TellOptions {
  /** A repeat under the same key changes nothing, for `idempotencyRetentionMs`. */
  idempotencyKey?: string;
}

export interface CloseOptions {
  /** How long turns in flight and messages waiting may take to finish before they are cancelled, in milliseconds; default 10,000. */
  drainMs?: number;
}
