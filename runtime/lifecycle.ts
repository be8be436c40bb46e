/** Where an awake agent stands. One that is asleep is `dormant`: it is on disk, and nothing in memory stands for it. */
export type LifecycleState = keyof typeof TABLE;

/** What can happen to an agent. */
export type LifecycleEvent = 'wake' | 'ready' | 'sleep' | 'stay' | 'crash' | 'stop' | 'end';

/**
 *  dormant    on disk only: no object, no map entry, no timer
 *  starting   a thread loads snapshot and tail; messages wait in the mailbox
 *  active     takes turns
 *  stopping   was asked to sleep, or is being ended; new messages wait and wake it again
 *  backoff    crashed with work waiting; waits before the next start
 */
const TABLE = {
  dormant: { wake: 'starting', stop: 'stopping' },
  starting: { ready: 'active', crash: 'backoff', stop: 'stopping', end: 'dormant' },
  active: { sleep: 'stopping', crash: 'backoff', stop: 'stopping', end: 'dormant' },
  stopping: { stay: 'active', end: 'dormant' },
  backoff: { wake: 'starting', stop: 'stopping', end: 'dormant' },
} as const;

/** The state after an event. Throws for an event that cannot happen in the state: that is a bug of drowse. */
export function next(state: LifecycleState, event: LifecycleEvent): LifecycleState {
  const to = (TABLE[state] as Partial<Record<LifecycleEvent, LifecycleState>>)[event];
  if (to === undefined) throw new Error(`An agent that is ${state} cannot take the event "${event}".`);
  return to;
}
