import type { Timers } from '../core/timers.ts';
import type { Store } from '../storage/store.ts';
import type { Counters } from './counters.ts';
import type { SupervisorEvents } from './events.ts';
import type { IdleSweep } from './idle-sweep.ts';
import type { Settings } from './settings.ts';
import type { Threads } from './threads.ts';

/** What all agents of one supervisor share. */
export interface Hosting {
  readonly settings: Settings;
  readonly store: Store;
  readonly threads: Threads;
  readonly timers: Timers;
  readonly idle: IdleSweep;
  readonly counters: Counters;
  /** Emits a lifecycle event. What a listener throws is logged, and changes nothing. */
  readonly announce: <Name extends keyof SupervisorEvents>(name: Name, event: SupervisorEvents[Name][0]) => void;
}
