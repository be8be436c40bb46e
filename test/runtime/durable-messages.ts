// What tests of durable messages look at.
import type { DeadLetter, InboxInfo, PendingMessage, Supervisor } from '../../runtime/index.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { eventually } from '../eventually.ts';

export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

export function inboxOf(host: Supervisor, agentId: string): Promise<PendingMessage[]> {
  return collect(host.inbox(agentId));
}

export function lettersOf(host: Supervisor): Promise<DeadLetter[]> {
  return collect(host.deadLetters.list());
}

/** The notes of a probe, as its agent has them. */
export function notesOf(host: Supervisor, agentId: string): Promise<unknown[]> {
  return host.send(agentId, { do: 'notes' });
}

/** What waits for an agent; nothing for one that there is not. */
export async function waitingFor(host: Supervisor, agentId: string): Promise<InboxInfo> {
  const info = await host.inspect(agentId);
  return info?.inbox ?? { waiting: 0, more: false, retrying: undefined, alarms: [] };
}

/** Waits until no durable message of an agent is left; of a clock moved by hand, timers of no length fire meanwhile. */
export async function processed(host: Supervisor, agentId: string, clock?: ManualClock): Promise<void> {
  await eventually(`nothing waits for ${agentId}`, async () => {
    clock?.advance(0);
    return (await waitingFor(host, agentId)).waiting === 0;
  });
}

/** Waits until an agent's message waits for its next attempt, and returns when that is. */
export function retryOf(host: Supervisor, agentId: string): Promise<number> {
  return eventually(`a message of ${agentId} waits for its next attempt`, async () => {
    return (await waitingFor(host, agentId)).retrying?.retryAt;
  });
}

/** Whether a promise is still open after everything that is ready has run. */
export async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, open))])) === open;
}

/** A clock moved by hand whose wall clock can be set, as an administrator or a time server would. */
export class WallClock extends ManualClock {
  #ahead = 0;

  constructor() {
    // 14 November 2023, 22:13:20 UTC.
    super(1_700_000_000_000);
  }

  override now(): number {
    return super.now() + this.#ahead;
  }

  /** Sets the wall clock so many milliseconds forward, or back. */
  set(byMs: number): void {
    this.#ahead += byMs;
  }
}
