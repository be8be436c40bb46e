import { DrowseError } from '../../core/errors.ts';
import type { Hosting } from '../hosting.ts';
import type { Incarnation } from '../incarnation/incarnation.ts';
import { cancelOn } from './cancellation.ts';
import type { Delivery } from './delivery.ts';
import type { Durable } from './durable.ts';
import { Inbox } from './inbox.ts';
import { Mailbox } from './mailbox.ts';

/** What waits for an agent, and which of it is next: sends, which wait in memory, and durable messages, which wait on disk. */
export class Intake {
  readonly mailbox = new Mailbox();
  readonly inbox: Inbox;
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #onReady: () => void;
  /** Somebody waits for there to be no durable message that could be worked at. */
  #quiet: PromiseWithResolvers<void> | undefined;
  /** A durable message is about to begin: nothing may overtake it. */
  #opening = false;
  /** Durable messages stay where they are. */
  sendsOnly = false;

  /** `onReady` is called when something may be to be done. */
  constructor(agentId: string, hosting: Hosting, onReady: () => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#onReady = onReady;
    this.inbox = new Inbox(agentId, hosting, onReady);
  }

  /** Whether something waits that could be served now. */
  get waits(): boolean {
    return this.mailbox.size > 0 || (!this.sendsOnly && this.inbox.ready);
  }

  /** Whether something waits, or a durable message is at hand. */
  get busy(): boolean {
    return this.waits || this.inbox.busy;
  }

  /** Resolves once there is no durable message that could be worked at now. */
  quiet(): Promise<void> {
    if (!this.inbox.ready) return Promise.resolve();
    this.#quiet ??= Promise.withResolvers();
    return this.#quiet.promise;
  }

  /** Something may have changed: tells those who wait for quiet. */
  look(): void {
    if (this.#quiet && !this.inbox.ready) this.calm();
  }

  /** Tells them whatever waits: nothing can be done about it now. */
  calm(): void {
    this.#quiet?.resolve();
    this.#quiet = undefined;
  }

  /** Takes a send; `inFlight` have left the mailbox and are not answered. */
  accept(delivery: Delivery, inFlight: number): void {
    const { mailboxLimit } = this.#hosting.settings;
    if (this.mailbox.size + inFlight < mailboxLimit) return this.mailbox.push(delivery);
    const text = `${mailboxLimit} messages wait for agent ${this.#agentId} already (mailboxLimit). Send again later.`;
    delivery.reject(new DrowseError('ERR_DROWSE_MAILBOX_FULL', text, { agentId: this.#agentId }));
  }

  /** Hands over what there is room for, in the order of arrival. */
  pump(incarnation: Incarnation): void {
    while (!this.#opening && incarnation.hasRoom) {
      if (!this.sendsOnly && this.inbox.isBefore(this.mailbox.firstNumber)) {
        // With nothing before it in the thread: what is noted as an attempt is a turn that begins.
        if (incarnation.turns.inFlight > 0 || this.inbox.busy || this.inbox.isReading) return;
        const message = this.inbox.take();
        if (message) return void this.#open(message, incarnation);
      }
      const delivery = this.mailbox.shift();
      if (delivery === undefined) return;
      incarnation.turns.deliver(delivery);
    }
  }

  /** Withdraws a message that waits; asks the turn of one that runs to roll back. */
  cancel(delivery: Delivery, why: DrowseError, incarnation: Incarnation | undefined): void {
    if (delivery.settled || delivery.cancelled) return;
    delivery.cancelled = why;
    if (this.mailbox.withdraw(delivery)) delivery.reject(why);
    else incarnation?.turns.cancel(delivery);
  }

  /** Rejects all sends that wait. */
  refuse(why: Error): void {
    for (const delivery of this.mailbox.drain()) delivery.reject(why);
  }

  /** Takes back what an incarnation never began. */
  takeBack(unbegun: readonly Delivery[]): void {
    this.mailbox.unshift(unbegun.filter(({ cancelled }) => cancelled === undefined));
    // Cancelled between the end of the thread and now, when they stood in neither.
    for (const delivery of unbegun) if (delivery.cancelled) delivery.reject(delivery.cancelled);
  }

  async #open(message: Durable, incarnation: Incarnation): Promise<void> {
    const { timers, settings } = this.#hosting;
    this.#opening = true;
    const delivery = await this.inbox.begin(message);
    this.#opening = false;
    if (delivery && incarnation.hasRoom) {
      const patience = { signal: undefined, timeoutMs: settings.turnTimeoutMs };
      cancelOn(patience, delivery, timers, (why) => this.cancel(delivery, why, incarnation));
      if (!delivery.settled) incarnation.turns.deliver(delivery);
    } else delivery?.spare(new Error('The agent ended before the turn began.'));
    this.#onReady();
  }
}
