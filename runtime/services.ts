import { systemClock } from '../core/clock.ts';
import type { Packed } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { pageReturn } from '../core/page-return.ts';
import { Timers } from '../core/timers.ts';
import type { Step, Told } from '../storage/messages.ts';
import type { Store } from '../storage/store.ts';
import type { Agent } from './agent.ts';
import type { AgentTypes } from './agent-types.ts';
import type { Hosting } from './hosting.ts';
import { HangGuard } from './isolates/hang-guard.ts';
import { HeapGuard } from './isolates/heap-guard.ts';
import { HelperPool } from './isolates/helper-pool.ts';
import { Isolates } from './isolates/isolates.ts';
import { Spares } from './isolates/spares.ts';
import { IdleSweep } from './lifecycle/idle-sweep.ts';
import { Quarantines } from './lifecycle/quarantines.ts';
import { RestartBudget } from './lifecycle/restart-budget.ts';
import { Room } from './lifecycle/room.ts';
import { StartGate } from './lifecycle/start-gate.ts';
import type { Holder } from './memory/holder.ts';
import { MemoryBudget } from './memory/memory-budget.ts';
import { MemoryReturn } from './memory/memory-return.ts';
import { MemoryUse } from './memory/memory-use.ts';
import { AlarmClock } from './messages/alarm-clock.ts';
import { cancelOn, type Patience } from './messages/cancellation.ts';
import { Caution } from './messages/caution.ts';
import { NOBODY } from './messages/chain.ts';
import { Delivery } from './messages/delivery.ts';
import { MessageLoad } from './messages/message-load.ts';
import { type Given, Once } from './messages/once.ts';
import { Retention } from './messages/retention.ts';
import { Waker } from './messages/waker.ts';
import type { Settings } from './settings.ts';
import type { SharedData } from './shared-data.ts';
import { StallWatch } from './stall-watch.ts';
import { Counters } from './statistics/counters.ts';
import { ToolPool } from './tools/tool-pool.ts';
import type { ToolSettings } from './tools/tool-settings.ts';

/** How many agents are awake at a time for what had been waiting on disk. */
const RESUMED_AT_ONCE = 16;

export interface ServicesOptions {
  readonly settings: Settings;
  readonly store: Store;
  readonly types: AgentTypes;
  readonly shared: SharedData;
  readonly announce: Hosting['announce'];
  /** The agent of an id, made if it was asleep; undefined once the supervisor closes. */
  readonly awaken: (agentId: string) => Agent | undefined;
  /** The removal of an agent, while that is under way: what is numbered below `before` goes with it. */
  readonly deletionOf: (agentId: string) => { readonly before: number; readonly done: Promise<boolean> } | undefined;
}

/** What one supervisor runs for all its agents. */
export class Services implements Hosting {
  readonly settings: Settings;
  readonly store: Store;
  readonly types: readonly string[];
  readonly shared: SharedData;
  readonly announce: Hosting['announce'];
  readonly timers: Timers;
  readonly idle: IdleSweep;
  readonly counters = new Counters();
  readonly load: MessageLoad;
  readonly starts: StartGate;
  readonly room: Room;
  readonly memory: MemoryBudget;
  readonly pages = pageReturn();
  readonly budget: RestartBudget;
  readonly quarantines: Quarantines;
  readonly caution = new Caution();
  readonly helpers = new HelperPool();
  readonly isolates: Isolates;
  readonly spares: Spares;
  readonly alarms: AlarmClock;
  readonly once: Once;
  tools: ToolPool | undefined;
  /** Threads and memory go by the system's time, whatever this supervisor goes by. A thread that is watched keeps the process alive by itself. */
  readonly #guardTimers = new Timers(systemClock, { background: true });
  readonly #guards: { readonly heaps: HeapGuard; readonly hangs: HangGuard };
  readonly #awaken: ServicesOptions['awaken'];
  readonly #deletionOf: ServicesOptions['deletionOf'];
  readonly #stalls: StallWatch;
  readonly #waker: Waker;
  readonly retention: Retention;
  readonly #memoryReturn: MemoryReturn;

  constructor({ settings, store, types, shared, announce, awaken, deletionOf }: ServicesOptions) {
    const { clock, log } = settings;
    const { messages } = store;
    this.settings = settings;
    this.store = store;
    this.shared = shared;
    this.types = types.names;
    this.announce = announce;
    // What is on disk for an agent in quarantine waits there.
    this.#awaken = (agentId) => (this.quarantines.get(agentId) ? undefined : awaken(agentId));
    this.#deletionOf = deletionOf;
    this.timers = new Timers(clock);
    this.load = new MessageLoad(settings.mailboxTotalMb * 2 ** 20);
    this.starts = new StartGate(this.timers);
    this.budget = new RestartBudget(this.timers, () => clock.elapsed(), settings.restarts);
    this.quarantines = new Quarantines(messages, () => clock.now());
    this.idle = new IdleSweep(clock, settings.sweepIntervalMs);
    this.#memoryReturn = new MemoryReturn({ clock: systemClock, helpers: this.helpers, trims: this.pages.trim });
    const heaps = new HeapGuard(this.#guardTimers, systemClock);
    this.#guards = { heaps, hangs: new HangGuard(this.#guardTimers, systemClock, settings) };
    this.isolates = new Isolates(settings, this.#guards, () => this.#memoryReturn.threadEnded());
    const { isolates, starts } = this;
    const hasRoom = () => this.memory.isAmple();
    this.spares = new Spares({ isolates, types: types.all, settings, starts, hasRoom });
    this.room = new Room(settings.maxActive, () => this.memory.isShort(starts.waiting), this.timers);
    const use = new MemoryUse(() => this.holders, !this.pages.missing.some(({ by }) => by === 'v8'));
    this.memory = new MemoryBudget({
      clock: systemClock,
      limits: settings.memoryBudget,
      measure: () => use.bytes,
      workers: () => isolates.threads + isolates.processes,
      evict: (count) => this.room.evict(count, 'memory'),
      dropSpares: () => this.spares.dropAll(),
      onRelief: () => this.room.relax(),
      announce: (event) => announce('memoryPressure', event),
    });
    this.#stalls = new StallWatch(store, clock, settings.storeStallMs, (forMs) => announce('storeStalled', { forMs }));
    this.#waker = new Waker({ messages, log, timers: this.timers, find: this.#awaken, limit: RESUMED_AT_ONCE });
    const wake = (agentId: string) => this.#waker.wake(agentId, 'alarm');
    this.alarms = new AlarmClock({ messages, clock, timers: this.timers, log, wake });
    const retentionMs = settings.idempotencyRetentionMs;
    this.once = new Once({
      messages,
      timers: this.timers,
      now: () => clock.now(),
      retentionMs,
      deletedBelow: (agentId) => this.#deletedBelow(agentId),
    });
    this.retention = new Retention({ ...settings, messages });
  }

  /** What holds memory beside the host's own thread. */
  get holders(): Holder[] {
    return [...this.isolates.all, ...(this.tools?.threads ?? [])];
  }

  /** Loads the tools, and takes up what an earlier process left. */
  async start(tools: ToolSettings | undefined): Promise<void> {
    const { settings, timers } = this;
    if (tools) this.tools = await ToolPool.open({ tools, settings, timers, ...this.#guards });
    await this.quarantines.load();
    this.idle.start();
    this.#stalls.start();
    this.retention.start();
    this.memory.start();
    this.spares.start();
    this.recover();
  }

  recover(): void {
    void this.#waker.resume();
    this.alarms.set(0);
  }

  /** Sends a message that is encoded already; resolves with the encoded reply. */
  send(
    agentId: string,
    body: Packed,
    patience: Patience,
    { keyed, chain = NOBODY, awaitedBy = 0, reader }: Parameters<Hosting['send']>[3],
  ): Promise<Packed> {
    const give = (): Given => {
      this.quarantines.mustBeFree(agentId);
      // Before there is an agent: one that was made for nothing would stay.
      this.load.mustHaveRoom(body);
      const agent = this.#awaken(agentId);
      if (agent === undefined) throw new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor is closed.');
      const number = this.store.messages.nextNumber();
      const how = keyed ? { once: keyed } : this.#ownTime(patience);
      const accepted = { number, sentAt: this.settings.clock.elapsed(), chain, awaitedBy, reader, ...how };
      const delivery = new Delivery(body, accepted);
      this.load.add(delivery);
      agent.accept(delivery);
      return { delivery, cancel: (why) => agent.cancel(delivery, why) };
    };
    if (keyed) return this.once.send(keyed, patience, give);
    const { delivery, cancel } = give();
    cancelOn(patience, delivery, this.timers, cancel);
    return delivery.reply;
  }

  async tell(agentId: string, body: Uint8Array, how: Parameters<Hosting['tell']>[2]): Promise<void> {
    const write = () => this.#tell(agentId, body, how);
    return how.keyed ? this.once.tell(how.keyed, write) : write();
  }

  ownNumber(agentId: string): number {
    const below = this.#deletedBelow(agentId);
    return below > 0 ? below - 1 : this.store.messages.nextNumber();
  }

  /** Replaces a piece of the shared data, for those that are awake too. */
  share(name: string, value: unknown): void {
    const { piece, before } = this.shared.replace(name, value);
    for (const isolate of this.isolates.all) isolate.post({ kind: 'share', name, piece });
    this.#memoryReturn.letGo(before.bytes.length);
  }

  /** Lets an agent out of quarantine, and wakes it for what waits. */
  async release(agentId: string): Promise<boolean> {
    const released = await this.quarantines.release(agentId);
    if (!released) return false;
    this.budget.progressed(agentId);
    this.announce('released', { agentId });
    const { messages } = await this.store.messages.pending(agentId, { limit: 1 });
    if (messages.length > 0) void this.#waker.wake(agentId, 'anything');
    this.alarms.set(0);
    return true;
  }

  /** The isolates go by the system's time, whatever this supervisor goes by. */
  #ownTime({ timeoutMs }: Patience): { timeoutMs?: number } {
    return this.settings.clock === systemClock ? { timeoutMs } : {};
  }

  told(agentId: string, told: Told): void {
    this.#awaken(agentId)?.remind(told);
  }

  #deletedBelow(agentId: string): number {
    return this.#deletionOf(agentId)?.before ?? 0;
  }

  async #tell(agentId: string, body: Uint8Array, { keyed, chain }: Parameters<Hosting['tell']>[2]): Promise<void> {
    const { messages } = this.store;
    // What an agent tells itself behind its turns is deleted with it.
    if (chain?.at(-1) === agentId && this.#deletionOf(agentId)) return;
    // Not before a delete is on disk: if the process ended in between, it would be told to the agent that was there.
    for (let deletion = this.#deletionOf(agentId); deletion; deletion = this.#deletionOf(agentId)) {
      const { before } = deletion;
      const deleted = await deletion.done.then(
        () => true,
        () => false,
      );
      // A later delete has covered it.
      if (deleted && deletion.before !== before) return;
    }
    const told: Told = { number: messages.nextNumber(), at: this.settings.clock.now(), body, ...(chain && { chain }) };
    const steps: Step[] = [{ kind: 'tell', agentId, told }];
    if (keyed) {
      const { key, fingerprint } = keyed;
      steps.push({ kind: 'answer', agentId, answer: { key, fingerprint, number: told.number, at: told.at } });
    }
    try {
      await messages.write(steps);
    } catch (error) {
      this.recover();
      throw error;
    }
    if (keyed) this.retention.answered(agentId);
    this.told(agentId, told);
  }

  /** Nobody is woken any more by what is on disk. */
  quiesce(): void {
    this.idle.stop();
    this.alarms.stop();
    this.#waker.stop();
    this.retention.stop();
    this.memory.stop();
    void this.spares.stop();
  }

  async stop(): Promise<void> {
    this.#stalls.stop();
    this.timers.clear();
    this.#guardTimers.clear();
    this.#memoryReturn.stop();
    await this.spares.stop();
    await this.tools?.close();
    await this.helpers.close();
    await this.store.close();
  }
}
