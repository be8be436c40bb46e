import type { AgentId } from '../core/agent-id.ts';
import type { DrowseError } from '../core/errors.ts';
import type { Told } from '../storage/messages.ts';
import type { AgentType, Found } from './agent-types.ts';
import type { SleepReason } from './events.ts';
import type { Hosting } from './hosting.ts';
import { announceEnding, type Ending } from './incarnation/ending.ts';
import { Incarnation } from './incarnation/incarnation.ts';
import { ActivityClock } from './lifecycle/activity-clock.ts';
import { Deletion } from './lifecycle/deletion.ts';
import type { Sleeper } from './lifecycle/idle-sweep.ts';
import { Lifecycle, type LifecycleEvent, type LifecycleState } from './lifecycle/lifecycle.ts';
import { Restarts } from './lifecycle/restarts.ts';
import type { Occupant } from './lifecycle/room.ts';
import type { Delivery } from './messages/delivery.ts';
import { Intake } from './messages/intake.ts';

/**
 * An agent that is not asleep: what waits for it, where it stands in its lifecycle, and the incarnation that lives now. It joins
 * them; the moment it is dormant with nothing waiting, its supervisor drops it and no object is left of it.
 */
export class Agent implements Found, Sleeper, Occupant {
  readonly id: AgentId;
  readonly type: AgentType;
  readonly #hosting: Hosting;
  readonly #onDormant: (agent: Agent) => void;
  readonly #intake: Intake;
  readonly activity: ActivityClock;
  readonly restarts: Restarts;
  readonly #lifecycle = new Lifecycle();
  #incarnation: Incarnation | undefined;
  #unwatch: (() => void) | undefined;
  /** Sleep as soon as nothing waits or runs. */
  #sleepWanted: SleepReason | undefined;
  #deletion: Deletion | undefined;

  constructor(id: AgentId, type: AgentType, hosting: Hosting, onDormant: (agent: Agent) => void) {
    this.id = id;
    this.type = type;
    this.#hosting = hosting;
    this.#onDormant = onDormant;
    const { clock, idleTimeoutMs } = hosting.settings;
    this.activity = new ActivityClock(clock, type.idleTimeoutMs ?? idleTimeoutMs);
    this.restarts = new Restarts(id.full, hosting);
    this.#intake = new Intake(id.full, hosting, () => this.#look());
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** Messages that wait or are in the thread. */
  get waiting(): number {
    return this.#intake.mailbox.size + (this.#incarnation?.turns.inFlight ?? 0);
  }

  get incarnation(): Incarnation | undefined {
    return this.#incarnation;
  }

  accept(delivery: Delivery): void {
    this.activity.touch();
    this.#intake.accept(delivery, this.#incarnation?.turns.inFlight ?? 0);
    this.#look();
  }

  /** A durable message was told and is on disk, or an alarm is due, or anything may be on disk. */
  remind(of: Told | 'alarm' | 'anything'): void {
    this.activity.touch();
    if (this.#deletion) this.#deletion.told ||= of !== 'alarm';
    else if (of === 'anything') this.#intake.inbox.review();
    else this.#intake.inbox.add(of === 'alarm' ? undefined : of);
  }

  /** Gives up a durable message, without starting an agent that is asleep. False where none of that number waits. */
  async skip(number: number): Promise<boolean> {
    // What waits is known to who is asleep, or awake.
    if (this.state === 'starting') await this.#lifecycle.whenAwake({ wanted: false }).catch(() => {});
    const { inbox } = this.#intake;
    try {
      return await inbox.skip(number, (delivery, why) => this.cancel(delivery, why));
    } finally {
      while (inbox.written) await inbox.written;
      if (this.state === 'dormant') this.#onDormant(this);
    }
  }

  /** Withdraws a message; asks its turn to roll back where it runs. A turn that has committed stays so. */
  cancel(delivery: Delivery, why: DrowseError): void {
    this.#intake.cancel(delivery, why, this.#incarnation);
  }

  /** Resolves once the agent is awake; rejects if it cannot be started. */
  warm(): Promise<void> {
    this.activity.touch();
    const awake = this.#lifecycle.whenAwake({ wanted: true });
    this.#look();
    return awake;
  }

  /** Puts the agent to sleep once nothing waits for it any more. */
  async passivate(reason: SleepReason): Promise<void> {
    const { inbox } = this.#intake;
    if (this.state === 'dormant' || (this.#isResting && reason !== 'closing')) return void (await inbox.written);
    const atRest = this.#lifecycle.whenAtRest();
    this.#sleepWanted = reason === 'idle' ? (this.#sleepWanted ?? reason) : reason;
    this.#intake.sendsOnly = reason === 'closing';
    if (this.state === 'backoff' && !this.#isWanted) void this.#rest();
    else this.#sleepIfWanted();
    await atRest;
  }

  /** Its removal, while that is under way. */
  get deletion(): Deletion | undefined {
    return this.#deletion;
  }

  /** Ends whatever runs, removes all that is kept, and starts anew for what was sent meanwhile. */
  delete(): Promise<boolean> {
    if (this.#deletion) this.#deletion.extend();
    else this.#deletion = new Deletion(this.id.full, this.#hosting);
    const { done, cause } = this.#deletion;
    this.abort(cause);
    return done;
  }

  /** Withdraws all that waits, and asks the turns in the thread to roll back. */
  cancelAll(why: DrowseError): void {
    this.#intake.refuse(why);
    this.#incarnation?.turns.cancelAll(why);
  }

  /** Rejects all that waits and runs with `cause`, and ends the thread. */
  abort(cause: DrowseError): void {
    this.#intake.refuse(cause);
    this.#lifecycle.notAwake(cause);
    const ending = this.state === 'stopping';
    if (!ending) this.#move('stop');
    if (this.#incarnation) this.#incarnation.abort(cause);
    else if (!ending) void this.#rest();
  }

  /** Resolves once the agent has no durable message left that it could work at now. */
  quiet(): Promise<void> {
    return this.#intake.quiet();
  }

  get idleTimeLeftMs(): number {
    return this.activity.timeLeft(this.#busy);
  }

  get idleForMs(): number | undefined {
    return this.state === 'active' && !this.#busy ? this.activity.idleForMs : undefined;
  }

  nominate(reason: SleepReason): boolean {
    this.#sleepWanted ??= reason;
    this.#sleepIfWanted();
    return this.state === 'stopping';
  }

  get #busy(): boolean {
    return this.#intake.busy || (this.#incarnation?.turns.busy ?? false);
  }

  get #isWanted(): boolean {
    return this.#intake.waits || this.#lifecycle.wakeWanted;
  }

  /** Without a thread, until a durable message may be tried again. */
  get #isResting(): boolean {
    return this.state === 'backoff' && !this.restarts.pending;
  }

  /** Something may be to be done. */
  #look(): void {
    if (this.state === 'active') {
      this.#intake.pump(this.#incarnation as Incarnation);
      this.#sleepIfWanted();
    } else if ((this.state === 'dormant' || this.#isResting) && this.#isWanted) this.#start();
    this.#intake.look();
  }

  #move(event: LifecycleEvent): void {
    const before = this.state;
    this.#lifecycle.move(event);
    if (before === 'active') this.#unwatch?.();
    if (before === 'backoff') this.restarts.cancel();
    if (this.state === 'active') this.#unwatch = this.#hosting.idle.watch(this, this.activity.timeoutMs);
  }

  #start(): void {
    this.#move('wake');
    void this.#live();
  }

  /** One incarnation from its start to its end, and what comes after it. Never rejects. */
  async #live(): Promise<void> {
    const { clock } = this.#hosting.settings;
    const startedAt = clock.elapsed();
    const incarnation = new Incarnation(this.id.full, this.type, this.#hosting, this.#intake.inbox, this.#turned);
    this.#incarnation = incarnation;
    const room = this.#hosting.room.enter(this, incarnation.ended);
    const started = await this.#hosting.starts.during(() => incarnation.start(room));
    if (started && this.state === 'starting') {
      this.activity.timeoutMs = this.type.idleTimeoutMs ?? started.idleTimeoutMs ?? this.activity.timeoutMs;
      this.#move('ready');
      const tookMs = clock.elapsed() - startedAt;
      this.#hosting.announce('activated', { agentId: this.id.full, epoch: incarnation.epoch, tookMs });
      this.#look();
    }
    const ending = await incarnation.ended;
    this.#incarnation = undefined;
    await this.#buried(incarnation, ending);
  }

  readonly #turned = (progressed = true): void => {
    if (progressed) this.restarts.progressed();
    this.activity.touch();
    this.#look();
  };

  #sleepIfWanted(): void {
    if (this.#sleepWanted === undefined || this.state !== 'active' || this.#busy) return;
    void this.#sleep(this.#incarnation as Incarnation);
  }

  async #sleep(incarnation: Incarnation): Promise<void> {
    this.#move('sleep');
    const asleep = await incarnation.passivate();
    if (asleep || this.state !== 'stopping') return;
    this.#move('stay');
    // One that refuses is not idle; one that was asked to sleep still is asked.
    if (this.#sleepWanted !== 'asked' && this.#sleepWanted !== 'closing') this.#sleepWanted = undefined;
    this.#hosting.room.stayed(this);
    this.#look();
  }

  async #buried({ epoch }: Incarnation, ending: Ending): Promise<void> {
    const starting = this.state === 'starting';
    this.#intake.inbox.unload(ending.unwritten);
    this.#intake.takeBack(ending.unbegun);
    announceEnding(ending, { agentId: this.id.full, epoch, reason: this.#sleepWanted }, this.#hosting);
    const { kind, cause } = ending;
    if (kind === 'failed') this.#giveUp(cause, (cause as Partial<DrowseError>).retryable);
    if (kind === 'crashed') this.#crashed(cause, starting);
    if (this.state !== 'backoff') await this.#rest();
  }

  #crashed(cause: Error, starting: boolean): void {
    // A start has no message of its own; the one it was made for pays, so that no message is tried for ever.
    if (starting) this.#intake.mailbox.shift()?.reject(cause);
    this.#lifecycle.notAwake(cause);
    const refusal = this.#deletion ? undefined : this.restarts.crashed(cause);
    if (refusal) this.#giveUp(refusal);
    else if (this.#isWanted && this.state !== 'stopping') {
      this.#move('crash');
      this.restarts.schedule(() => this.#restart());
      this.#intake.calm();
    }
  }

  /** It cannot be started; `retryable` says that this may be different later. */
  #giveUp(cause: Error, retryable = false): void {
    this.#intake.refuse(cause);
    this.#lifecycle.notAwake(cause);
    this.#intake.inbox.park(retryable ? this.#hosting.settings.backoffMs[1] : undefined);
  }

  #restart(): void {
    if (!this.#isWanted) return void this.#rest();
    this.#hosting.announce('restarted', { agentId: this.id.full, crashes: this.restarts.crashes });
    this.#start();
  }

  /** Nothing runs: finishes what has to be done in that state, then wakes for what waits, or is gone. */
  async #rest(): Promise<void> {
    // Without an await where there is nothing to wait for: until it is dormant, the state tells of a thread that is gone.
    const { inbox } = this.#intake;
    if ((inbox.written || this.#deletion) && this.state !== 'stopping') this.#move('stop');
    while (inbox.written || this.#deletion) {
      while (inbox.written) await inbox.written;
      const deletion = this.#deletion;
      const settle = await deletion?.finish(inbox);
      if (this.#deletion === deletion) this.#deletion = undefined;
      settle?.();
    }
    const wanted = this.#isWanted;
    const waits = !wanted && !this.#intake.sendsOnly && inbox.retryAt !== undefined;
    this.#sleepWanted = undefined;
    this.#intake.sendsOnly = false;
    this.#move(waits ? 'wait' : 'end');
    if (wanted) this.#start();
    else if (!waits) {
      inbox.clear();
      this.#onDormant(this);
    }
    this.#intake.calm();
  }
}
