import type { Packed } from '../core/codec.ts';
import type { PageReturn } from '../core/page-return.ts';
import type { Timers } from '../core/timers.ts';
import type { Told } from '../storage/messages.ts';
import type { Store } from '../storage/store.ts';
import type { SupervisorEvents } from './events.ts';
import type { Isolates } from './isolates/isolates.ts';
import type { Spares } from './isolates/spares.ts';
import type { IdleSweep } from './lifecycle/idle-sweep.ts';
import type { Quarantines } from './lifecycle/quarantines.ts';
import type { RestartBudget } from './lifecycle/restart-budget.ts';
import type { Room } from './lifecycle/room.ts';
import type { StartGate } from './lifecycle/start-gate.ts';
import type { MemoryBudget } from './memory/memory-budget.ts';
import type { AlarmClock } from './messages/alarm-clock.ts';
import type { Patience } from './messages/cancellation.ts';
import type { Caution } from './messages/caution.ts';
import type { Chain } from './messages/chain.ts';
import type { MessageLoad } from './messages/message-load.ts';
import type { Keyed } from './messages/once.ts';
import type { Reader } from './messages/reader.ts';
import type { Retention } from './messages/retention.ts';
import type { Settings } from './settings.ts';
import type { SharedData } from './shared-data.ts';
import type { Counters } from './statistics/counters.ts';
import type { ToolPool } from './tools/tool-pool.ts';

/** What all agents of one supervisor share. */
export interface Hosting {
  readonly settings: Settings;
  readonly store: Store;
  readonly isolates: Isolates;
  readonly spares: Spares;
  readonly timers: Timers;
  readonly idle: IdleSweep;
  readonly counters: Counters;
  readonly load: Pick<MessageLoad, 'bytes'>;
  readonly alarms: AlarmClock;
  readonly caution: Caution;
  readonly starts: StartGate;
  readonly budget: RestartBudget;
  readonly room: Room;
  readonly memory: MemoryBudget;
  readonly pages: PageReturn;
  readonly quarantines: Quarantines;
  readonly retention: Pick<Retention, 'answered'>;
  /** Undefined for a host that has none. */
  readonly tools: ToolPool | undefined;
  /** The registered agent types. */
  readonly types: readonly string[];
  readonly shared: Pick<SharedData, 'pieces' | 'version'>;
  /** Sends a message for an agent's turn: encoded, as is the reply. `chain` has the agents whose turns led to it, of which the last `awaitedBy` wait for it; `reader` gets what its turn yields. */
  readonly send: (
    agentId: string,
    body: Packed,
    patience: Patience,
    how: {
      readonly keyed?: Keyed | undefined;
      readonly chain?: Chain;
      readonly awaitedBy?: number;
      readonly reader?: Reader | undefined;
    },
  ) => Promise<Packed>;
  /** Stores a message for an agent and hands it over. */
  readonly tell: (
    agentId: string,
    body: Uint8Array,
    how: { readonly keyed?: Keyed | undefined; readonly chain?: Chain },
  ) => Promise<void>;
  /**
   * A number for something that an agent makes of its own: one of those that are deleted with it, where it is being deleted,
   * so that its last turns leave nothing to the next agent of its id.
   */
  readonly ownNumber: (agentId: string) => number;
  /** Hands a durable message that is on disk to its agent, which wakes for it. */
  readonly told: (agentId: string, told: Told) => void;
  /** The store failed: what it holds may be more than anybody was told. */
  readonly recover: () => void;
  /** Emits a lifecycle event. What a listener throws is logged, and changes nothing. */
  readonly announce: <Name extends keyof SupervisorEvents>(name: Name, event: SupervisorEvents[Name][0]) => void;
}
