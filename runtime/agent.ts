import type { AgentId } from '../core/agent-id.ts';
import { DrowseError } from '../core/errors.ts';
import { Latch } from '../core/latch.ts';
import { ActivityClock } from './activity-clock.ts';
import type { AgentType } from './agent-types.ts';
import type { Delivery } from './delivery.ts';
import type { SleepReason } from './events.ts';
import type { Hosting } from './hosting.ts';
import type { Sleeper } from './idle-sweep.ts';
import { type Ending, Incarnation } from './incarnation.ts';
import { type LifecycleEvent, type LifecycleState, next } from './lifecycle.ts';
import { Mailbox } from './mailbox.ts';
import { Restarts } from './restarts.ts';

/**
 * An agent that is not asleep: a mailbox, where it stands in its lifecycle, and the incarnation that lives now. It joins
 * them; the moment it is dormant with nothing waiting, its supervisor drops it and no object is left of it.
 */
export class Agent implements Sleeper {
  readonly id: AgentId;
  readonly #type: AgentType;
  readonly #hosting: Hosting;
  readonly #onDormant: (agent: Agent) => void;
  readonly #mailbox = new Mailbox();
  readonly activity: ActivityClock;
  readonly restarts: Restarts;
  #state: LifecycleState = 'dormant';
  #incarnation: Incarnation | undefined;
  #unwatch: (() => void) | undefined;
  /** Sleep as soon as nothing waits or runs. */
  #sleepWanted: SleepReason | undefined;
  /** Open while the agent is active. */
  readonly #awake = new Latch();
  /** Somebody waits for it to be awake, with or without a message. */
  #wakeWanted = false;
  readonly #dormant = new Latch();
  #deletion: PromiseWithResolvers<boolean> | undefined;

  constructor(id: AgentId, type: AgentType, hosting: Hosting, onDormant: (agent: Agent) => void) {
    this.id = id;
    this.#type = type;
    this.#hosting = hosting;
    this.#onDormant = onDormant;
    const { clock, idleTimeoutMs, backoffMs } = hosting.settings;
    this.activity = new ActivityClock(clock, type.idleTimeoutMs ?? idleTimeoutMs);
    this.restarts = new Restarts(hosting.timers, backoffMs);
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Messages that wait or are in the thread. */
  get waiting(): number {
    return this.#mailbox.size + (this.#incarnation?.inFlight ?? 0);
  }

  get incarnation(): Incarnation | undefined {
    return this.#incarnation;
  }

  accept(delivery: Delivery): void {
    const { mailboxLimit } = this.#hosting.settings;
    if (this.waiting >= mailboxLimit) {
      const text = `${mailboxLimit} messages wait for agent ${this.id.full} already (mailboxLimit). Send again later.`;
      delivery.reject(new DrowseError('ERR_DROWSE_MAILBOX_FULL', text, { agentId: this.id.full }));
      return;
    }
    this.activity.touch();
    this.#mailbox.push(delivery);
    if (this.#state === 'dormant') this.#start();
    else this.#pump();
  }

  /** Withdraws a message that waits; asks a turn that runs to roll back. A turn that has committed stays so. */
  cancel(delivery: Delivery, why: DrowseError): void {
    if (delivery.settled || delivery.cancelled) return;
    delivery.cancelled = why;
    if (this.#mailbox.withdraw(delivery)) delivery.reject(why);
    else this.#incarnation?.cancel(delivery);
  }

  /** Resolves once the agent is awake; rejects if it cannot be started. */
  warm(): Promise<void> {
    this.activity.touch();
    const { promise } = this.#awake;
    if (this.#state !== 'active') this.#wakeWanted = true;
    if (this.#state === 'dormant') this.#start();
    return promise;
  }

  /** Puts the agent to sleep once nothing waits for it any more. */
  async passivate(reason: SleepReason): Promise<void> {
    if (this.#state === 'dormant') return;
    const { promise } = this.#dormant;
    this.#sleepWanted = reason;
    this.#sleepIfWanted();
    await promise;
  }

  /** Ends whatever runs, removes all that is kept, and starts anew for what was sent meanwhile. */
  delete(): Promise<boolean> {
    const text = `Agent ${this.id.full} was deleted before this message was processed.`;
    const cause = new DrowseError('ERR_DROWSE_ABORTED', text, { agentId: this.id.full });
    this.#deletion ??= Promise.withResolvers();
    const { promise } = this.#deletion;
    this.abort(cause);
    return promise;
  }

  /** Withdraws all that waits, and asks the turns in the thread to roll back. */
  cancelAll(why: DrowseError): void {
    for (const delivery of this.#mailbox.drain()) delivery.reject(why);
    // The newest first: with the running turn cancelled before them, the ones behind it would begin.
    for (const delivery of this.#incarnation?.deliveries.reverse() ?? []) this.cancel(delivery, why);
  }

  /** Rejects all that waits and runs with `cause`, and ends the thread. */
  abort(cause: DrowseError): void {
    for (const delivery of this.#mailbox.drain()) delivery.reject(cause);
    for (const delivery of this.#incarnation?.deliveries ?? []) delivery.cancelled ??= cause;
    this.#notAwake(cause);
    const ending = this.#state === 'stopping';
    if (!ending) this.#move('stop');
    if (this.#incarnation) this.#incarnation.stop(cause);
    else if (!ending) void this.#rest();
  }

  sleepIfIdle(): number | undefined {
    const left = this.activity.timeLeft(this.#busy);
    if (left > 0) return left;
    this.#sleepWanted = 'idle';
    this.#sleepIfWanted();
    return undefined;
  }

  get #busy(): boolean {
    return this.#mailbox.size > 0 || (this.#incarnation?.busy ?? false);
  }

  get #isWanted(): boolean {
    return this.#mailbox.size > 0 || this.#wakeWanted;
  }

  #notAwake(cause: Error): void {
    this.#wakeWanted = false;
    this.#awake.break(cause);
  }

  #move(event: LifecycleEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (before === 'active') {
      this.#unwatch?.();
      this.#awake.reset();
    }
    if (this.#state === 'active') {
      this.#unwatch = this.#hosting.idle.watch(this, this.activity.timeoutMs);
      this.#wakeWanted = false;
      this.#awake.open();
    }
    if (before === 'backoff') this.restarts.cancel();
  }

  #start(): void {
    this.#move('wake');
    void this.#live();
  }

  /** One incarnation from its start to its end, and what comes after it. Never rejects. */
  async #live(): Promise<void> {
    const { clock } = this.#hosting.settings;
    const startedAt = clock.elapsed();
    const incarnation = new Incarnation(this.id.full, this.#type, this.#hosting, () => this.#turned());
    this.#incarnation = incarnation;
    const started = await incarnation.start();
    if (started && this.#state === 'starting') {
      this.activity.timeoutMs = this.#type.idleTimeoutMs ?? started.idleTimeoutMs ?? this.activity.timeoutMs;
      this.#activated(incarnation, clock.elapsed() - startedAt);
    }
    const ending = await incarnation.ended;
    this.#incarnation = undefined;
    await this.#buried(incarnation, ending);
  }

  #activated({ epoch }: Incarnation, tookMs: number): void {
    this.#move('ready');
    this.#hosting.announce('activated', { agentId: this.id.full, epoch, tookMs });
    this.#pump();
    this.#sleepIfWanted();
  }

  #pump(): void {
    while (this.#state === 'active' && this.#incarnation?.hasRoom) {
      const delivery = this.#mailbox.shift();
      if (delivery === undefined) return;
      this.#incarnation.deliver(delivery);
    }
  }

  #turned(): void {
    this.restarts.progressed();
    this.activity.touch();
    this.#pump();
    this.#sleepIfWanted();
  }

  #sleepIfWanted(): void {
    if (this.#sleepWanted === undefined || this.#state !== 'active' || this.#busy) return;
    void this.#sleep(this.#incarnation as Incarnation);
  }

  async #sleep(incarnation: Incarnation): Promise<void> {
    this.#move('sleep');
    const asleep = await incarnation.passivate();
    if (asleep || this.#state !== 'stopping') return;
    this.#move('stay');
    // An idle agent that refuses is not idle; one that was asked to sleep still is asked.
    if (this.#sleepWanted === 'idle') this.#sleepWanted = undefined;
    this.#pump();
  }

  async #buried({ epoch }: Incarnation, { kind, cause, unbegun }: Ending): Promise<void> {
    const { announce, counters } = this.#hosting;
    const agentId = this.id.full;
    const starting = this.#state === 'starting';
    this.#mailbox.unshift(unbegun.filter(({ cancelled }) => cancelled === undefined));
    // Cancelled between the end of the thread and now, when they stood in neither.
    for (const delivery of unbegun) if (delivery.cancelled) delivery.reject(delivery.cancelled);
    switch (kind) {
      case 'slept':
        announce('passivated', { agentId, epoch, reason: this.#sleepWanted ?? 'asked' });
        break;
      case 'failed':
        announce('stopped', { agentId, epoch, cause });
        for (const delivery of this.#mailbox.drain()) delivery.reject(cause);
        this.#notAwake(cause);
        break;
      case 'crashed':
        this.restarts.crashed();
        counters.crashes += 1;
        // A start has no message of its own; the one it was made for pays, so that no message is tried for ever.
        if (starting) this.#mailbox.shift()?.reject(cause);
        this.#notAwake(cause);
        announce('crashed', { agentId, epoch, cause });
        if (this.#isWanted && this.#state !== 'stopping') {
          this.#move('crash');
          this.restarts.schedule(() => this.#restart());
          return;
        }
        break;
      case 'stopped':
        announce('stopped', { agentId, epoch, cause });
        break;
    }
    await this.#rest();
  }

  #restart(): void {
    // All that waited may have been withdrawn meanwhile.
    if (!this.#isWanted) return void this.#rest();
    this.#hosting.announce('restarted', { agentId: this.id.full, crashes: this.restarts.crashes });
    this.#start();
  }

  /** Nothing runs: finishes what has to be done in that state, then wakes for what waits, or is gone. */
  async #rest(): Promise<void> {
    // Without an await where there is nothing to wait for: until it is dormant, the state tells of a thread that is gone.
    while (this.#deletion) await this.#finishDeletion(this.#deletion);
    this.#sleepWanted = undefined;
    this.#move('end');
    this.#dormant.open();
    this.#dormant.reset();
    if (this.#isWanted) this.#start();
    else this.#onDormant(this);
  }

  async #finishDeletion(deletion: PromiseWithResolvers<boolean>): Promise<void> {
    try {
      const existed = await this.#hosting.store.delete(this.id.full);
      this.#deletion = undefined;
      if (existed) this.#hosting.announce('deleted', { agentId: this.id.full });
      deletion.resolve(existed);
    } catch (error) {
      this.#deletion = undefined;
      deletion.reject(error);
    }
  }
}
