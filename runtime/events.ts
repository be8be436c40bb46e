import type { EventEmitter } from 'node:events';
import type { Logger } from '../core/log.ts';

/**
 * Why an agent went to sleep: `idle` for its timeout; or idle, and the one to make room for another (`crowded`: as many are awake as
 * `maxActive` allows) or to give back memory (`memory`); `asked` by `passivate`; `closing`.
 */
export type SleepReason = 'idle' | 'crowded' | 'memory' | 'asked' | 'closing';

/** What a supervisor emits: one object each, naming the agent where it is about one. */
export interface SupervisorEvents {
  /** A thread is up and the agent takes turns. `tookMs` from the decision to start to that moment. */
  activated: [{ agentId: string; epoch: number; tookMs: number }];
  /** The agent sleeps: its state is on disk and its thread is gone. */
  passivated: [{ agentId: string; epoch: number; reason: SleepReason }];
  /** The agent's thread ended unasked, or a write of its failed. */
  crashed: [{ agentId: string; epoch: number; cause: Error }];
  /** The agent's thread was ended for a reason of the supervisor's, such as a delete or an ignored timeout, or could not start. */
  stopped: [{ agentId: string; epoch: number; cause: Error }];
  /** A crashed agent is being started again for the messages that wait; `crashes` in a row came before. */
  restarted: [{ agentId: string; crashes: number }];
  /** The agent crashed too often in a row: it is not started until it is released. */
  quarantined: [{ agentId: string; cause: Error; crashes: number }];
  /** The agent is let out of quarantine. */
  released: [{ agentId: string }];
  /** A durable message was given up after its last attempt, or skipped. `id` is what `deadLetters` knows it by. */
  deadLetter: [{ agentId: string; id: string; cause: string }];
  /**
   * A write has not returned for `storeStallMs`: the disk is gone, or agents have taken all threads that writes need. Nothing
   * commits any more; what helps is to end the process.
   */
  storeStalled: [{ forMs: number }];
  /** The host takes more memory than its limit: spares are given up, and so many idle agents put to sleep. Bytes. */
  memoryPressure: [{ usedBytes: number; limitBytes: number; targetBytes: number; evicted: number }];
  /** All that was kept of the agent is gone. */
  deleted: [{ agentId: string }];
}

/** Logs an event and emits it, not at once: a listener may call what changes the agent that is just being changed. */
export function announce<Name extends keyof SupervisorEvents>(
  emitter: EventEmitter<SupervisorEvents>,
  log: Logger,
  name: Name,
  event: SupervisorEvents[Name][0],
): void {
  // `err` is the key under which loggers show an error whole.
  const { cause: err, ...fields } = event as { cause?: Error | string };
  const text = 'agentId' in fields ? `agent ${name}` : name;
  log[err ? 'warn' : 'debug']({ event: name, ...fields, ...(err && { err }) }, text);
  queueMicrotask(() => {
    try {
      (emitter as EventEmitter).emit(name, event);
    } catch (err) {
      log.error({ event: name, err }, 'a listener threw');
    }
  });
}
