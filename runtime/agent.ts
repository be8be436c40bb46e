import type { AgentId } from '../core/agent-id.ts';
import type { Deadline } from '../core/deadlines.ts';
import { DrowseError } from '../core/errors.ts';
import type { AgentType } from './agent-types.ts';
import type { Delivery } from './delivery.ts';
import type { SleepReason } from './events.ts';
import type { Hosting } from './hosting.ts';
import type { Sleeper } from './idle-sweep.ts';
import { type Ending, Incarnation } from './incarnation.ts';
import { type LifecycleEvent, type LifecycleState, next } from './lifecycle.ts';
import { Mailbox } from './mailbox.ts';
import { idleTimeLeft, restartDelay } from './policies.ts';

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
  #state: LifecycleState = 'dormant';
  #incarnation: Incarnation | undefined;
  #lastActivity: number;
  #crashes = 0;
  #idleTimeoutMs: number;
  #unwatch: (() => void) | undefined;
  #backoff: Deadline | undefined;
  /** Sleep as soon as nothing waits or runs. */
  #sleepWanted: SleepReason | undefined;
  #awake = awaited();
  #dormant = Promise.withResolvers<void>();
  #deletion: PromiseWithResolvers<boolean> | undefined;

  constructor(id: AgentId, type: AgentType, hosting: Hosting, onDormant: (agent: Agent) => void) {
    this.id = id;
    this.#type = type;
    this.#hosting = hosting;
    this.#onDormant = onDormant;
    this.#idleTimeoutMs = type.idleTimeoutMs ?? hosting.settings.idleTimeoutMs;
    this.#lastActivity = hosting.settings.clock.elapsed();
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

  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  get idleForMs(): number {
    return this.#hosting.settings.clock.elapsed() - this.#lastActivity;
  }

  get crashes(): number {
    return this.#crashes;
  }

  accept(delivery: Delivery): void {
    const { mailboxLimit } = this.#hosting.settings;
    if (this.waiting >= mailboxLimit) {
      const text = `${mailboxLimit} messages wait for agent ${this.id.full} already (mailboxLimit). Send again later.`;
      delivery.reject(new DrowseError('ERR_DROWSE_MAILBOX_FULL', text, { agentId: this.id.full }));
      return;
    }
    this.#touch();
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
    this.#touch();
    if (this.#state === 'dormant') this.#start();
    return this.#awake.promise;
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
    const ending = this.#state === 'stopping';
    if (!ending) this.#move('stop');
    if (this.#incarnation) this.#incarnation.stop(cause);
    else if (!ending) void this.#rest();
  }

  sleepIfIdle(): number | undefined {
    const { clock } = this.#hosting.settings;
    const state = { busy: this.#busy, lastActivity: this.#lastActivity };
    const left = idleTimeLeft(state, clock.elapsed(), this.#idleTimeoutMs);
    if (left > 0) return left;
    this.#sleepWanted = 'idle';
    this.#sleepIfWanted();
    return this.#idleTimeoutMs;
  }

  get #busy(): boolean {
    return this.#mailbox.size > 0 || (this.#incarnation?.busy ?? false);
  }

  #touch(): void {
    this.#lastActivity = this.#hosting.settings.clock.elapsed();
  }

  #move(event: LifecycleEvent): void {
    this.#state = next(this.#state, event);
    if (this.#state !== 'active') {
      this.#unwatch?.();
      this.#unwatch = undefined;
    }
    if (this.#backoff) this.#hosting.timers.cancel(this.#backoff);
    this.#backoff = undefined;
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
      this.#idleTimeoutMs = this.#type.idleTimeoutMs ?? started.idleTimeoutMs ?? this.#hosting.settings.idleTimeoutMs;
      this.#activated(incarnation, clock.elapsed() - startedAt);
    }
    const ending = await incarnation.ended;
    this.#incarnation = undefined;
    await this.#buried(incarnation, ending);
  }

  #activated({ epoch }: Incarnation, tookMs: number): void {
    this.#move('ready');
    this.#unwatch = this.#hosting.idle.watch(this, this.#idleTimeoutMs);
    this.#awake.resolve();
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
    this.#crashes = 0;
    this.#touch();
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
    this.#unwatch = this.#hosting.idle.watch(this, this.#idleTimeoutMs);
    this.#pump();
  }

  async #buried({ epoch }: Incarnation, { kind, cause, unbegun }: Ending): Promise<void> {
    const { announce, counters, settings, timers } = this.#hosting;
    const agentId = this.id.full;
    const starting = this.#state === 'starting';
    this.#mailbox.unshift(unbegun);
    switch (kind) {
      case 'slept':
        announce('passivated', { agentId, epoch, reason: this.#sleepWanted ?? 'asked' });
        break;
      case 'failed':
        for (const delivery of this.#mailbox.drain()) delivery.reject(cause);
        this.#notAwake(cause);
        break;
      case 'crashed':
        this.#crashes += 1;
        counters.crashes += 1;
        // A start has no message of its own; the one it was made for pays, so that no message is tried for ever.
        if (starting) this.#mailbox.shift()?.reject(cause);
        this.#notAwake(cause);
        announce('crashed', { agentId, epoch, cause });
        if (this.#mailbox.size > 0 && this.#state !== 'stopping') {
          this.#move('crash');
          const delay = restartDelay(this.#crashes, settings.backoffMs);
          this.#backoff = timers.add(delay, () => this.#restart());
          return;
        }
        break;
      case 'stopped':
        break;
    }
    await this.#rest();
  }

  #restart(): void {
    // All that waited may have been withdrawn meanwhile.
    if (this.#mailbox.size === 0) return void this.#rest();
    this.#hosting.announce('restarted', { agentId: this.id.full, crashes: this.#crashes });
    this.#start();
  }

  /** Nothing runs: finishes what has to be done in that state, then wakes for what waits, or is gone. */
  async #rest(): Promise<void> {
    await this.#finishDeletion();
    this.#sleepWanted = undefined;
    this.#move('end');
    this.#dormant.resolve();
    this.#dormant = Promise.withResolvers();
    this.#awake = awaited();
    if (this.#mailbox.size > 0) this.#start();
    else this.#onDormant(this);
  }

  #notAwake(cause: Error): void {
    this.#awake.reject(cause);
    this.#awake = awaited();
  }

  async #finishDeletion(): Promise<void> {
    const deletion = this.#deletion;
    if (deletion === undefined) return;
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

/** A promise that nobody has to wait for. */
function awaited(): PromiseWithResolvers<void> {
  const awaited = Promise.withResolvers<void>();
  awaited.promise.catch(() => {});
  return awaited;
}
