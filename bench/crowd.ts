import type { Invariant } from './scenario.ts';

/** Many threads that wake and sleep together: drowse's agents, or bare workers that are spawned and terminated. */
export interface Crowd extends AsyncDisposable {
  /** Resolves once each has answered a message. */
  wake(): Promise<void>;
  /** Resolves once none has a thread. */
  sleep(): Promise<void>;
  /** What must be true of it whatever the machine. */
  invariants(): Promise<readonly Invariant[]>;
}
