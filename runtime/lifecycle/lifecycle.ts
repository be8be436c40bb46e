import { Latch } from '../../core/latch.ts';

/** Where an awake agent stands. One that is asleep is `dormant`: it is on disk, and nothing in memory stands for it. */
export type LifecycleState = keyof typeof TABLE;

/** What can happen to an agent. */
export type LifecycleEvent = 'wake' | 'ready' | 'sleep' | 'stay' | 'crash' | 'stop' | 'wait' | 'end';

/**
 *  dormant    on disk only: no object, no map entry, no timer
 *  starting   a thread loads snapshot and tail; messages wait in the mailbox
 *  active     takes turns
 *  stopping   was asked to sleep, or is being ended; new messages wait and wake it again
 *  backoff    has work waiting that has failed before; waits before the next start
 */
const TABLE = {
  dormant: { wake: 'starting', stop: 'stopping' },
  starting: { ready: 'active', crash: 'backoff', stop: 'stopping', wait: 'backoff', end: 'dormant' },
  active: { sleep: 'stopping', crash: 'backoff', stop: 'stopping', wait: 'backoff', end: 'dormant' },
  stopping: { stay: 'active', wait: 'backoff', end: 'dormant' },
  backoff: { wake: 'starting', stop: 'stopping', wait: 'backoff', end: 'dormant' },
} as const;

/** The state after an event. Throws for an event that cannot happen in the state: that is a bug of drowse. */
export function next(state: LifecycleState, event: LifecycleEvent): LifecycleState {
  const to = (TABLE[state] as Partial<Record<LifecycleEvent, LifecycleState>>)[event];
  if (to === undefined) throw new Error(`An agent that is ${state} cannot take the event "${event}".`);
  return to;
}

/** Where one agent stands, and those who wait for it to stand somewhere else. */
export class Lifecycle {
  readonly #awake = new Latch();
  readonly #dormant = new Latch();
  #state: LifecycleState = 'dormant';
  #wakeWanted = false;

  get state(): LifecycleState {
    return this.#state;
  }

  /** Somebody waits for the agent to be awake, whether or not there is a message for it. */
  get wakeWanted(): boolean {
    return this.#wakeWanted;
  }

  /** Resolves once it is awake; rejects with what {@link notAwake} is given. */
  whenAwake({ wanted }: { wanted: boolean }): Promise<void> {
    if (this.#state !== 'active') this.#wakeWanted ||= wanted;
    return this.#awake.promise;
  }

  /** Resolves the next time it is without a thread, with nothing to be done now. */
  whenAtRest(): Promise<void> {
    return this.#dormant.promise;
  }

  /** Tells those who wait for it to be awake that it will not be. */
  notAwake(cause: Error): void {
    this.#wakeWanted = false;
    this.#awake.break(cause);
  }

  move(event: LifecycleEvent): void {
    if (this.#state === 'active') this.#awake.reset();
    this.#state = next(this.#state, event);
    if (this.#state === 'active') {
      this.#wakeWanted = false;
      this.#awake.open();
    }
    if (event === 'end' || event === 'wait') {
      this.#dormant.open();
      this.#dormant.reset();
    }
  }
}
