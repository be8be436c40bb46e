import type { Timers } from '../core/timers.ts';
import type { Told } from '../storage/messages.ts';
import type { Store } from '../storage/store.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { Caution } from './caution.ts';
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
  readonly alarms: AlarmClock;
  readonly caution: Caution;
  /** The registered agent types. */
  readonly types: readonly string[];
  /** Hands a durable message that is on disk to its agent, which wakes for it. */
  readonly told: (agentId: string, told: Told) => void;
  /** The store failed: what it holds may be more than anybody was told. */
  readonly recover: () => void;
  /** Emits a lifecycle event. What a listener throws is logged, and changes nothing. */
  readonly announce: <Name extends keyof SupervisorEvents>(name: Name, event: SupervisorEvents[Name][0]) => void;
}
