import { asError, DrowseError } from '../../core/errors.ts';
import type { Pending, Step, Told } from '../../storage/messages.ts';
import type { Hosting } from '../hosting.ts';
import { restartDelay } from '../policies.ts';
import { Backlog } from './backlog.ts';
import { Delivery } from './delivery.ts';
import { type Durable, hasBegun } from './durable.ts';
import { PendingWrites } from './pending-writes.ts';
import { Retry } from './retry.ts';
import type { Schedule } from './schedule.ts';
import { SKIPPED, Skips } from './skips.ts';

/** What is said of a turn that ran as the host ended. */
const HOST_ENDED = 'The host ended during this attempt.';

/**
 * The durable messages of an agent that is not asleep. One at a time is taken: it is tried until its turn commits, or has
 * failed too often and the message is dead. Whatever ends in between, what is on disk says how often a turn of it began.
 */
export class Inbox {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  /** Called when a message may have become ready. */
  readonly #onReady: () => void;
  readonly #backlog: Backlog;
  /** The message whose turn runs, or is about to begin. */
  #taken: Durable | undefined;
  #delivery: Delivery | undefined;
  /** The message taken is to be given up. */
  #skip: PromiseWithResolvers<boolean> | undefined;
  readonly #retry: Retry;
  /** The agent cannot be started: nothing is ready until something is added, or it is time to try again. */
  #parked = false;
  /** The message taken is being given up. */
  #burying = false;
  readonly #writes = new PendingWrites();
  readonly #skips: Skips;

  constructor(agentId: string, hosting: Hosting, onReady: () => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#onReady = onReady;
    const { clock, backoffMs } = hosting.settings;
    this.#retry = new Retry(clock, hosting.timers, backoffMs[1], () => this.#tryAgain());
    this.#backlog = new Backlog(agentId, hosting, this.#writes, onReady);
    this.#skips = new Skips(agentId, hosting, this.#backlog, this.#writes);
  }

  /** Whether a message is taken. */
  get busy(): boolean {
    return this.#taken !== undefined;
  }

  get isReading(): boolean {
    return this.#backlog.isReading;
  }

  /** Whether the agent is wanted for a message. */
  get ready(): boolean {
    if (this.#parked) return false;
    if (this.#burying) return this.#backlog.hasBehind(this.#taken?.number);
    if (this.#taken !== undefined || this.#backlog.more) return true;
    const first = this.#backlog.first();
    return first !== undefined && this.#retry.isDue(first.retryAt);
  }

  /** When something is to be tried again; undefined where nothing is. */
  get retryAt(): number | undefined {
    return this.#retry.at;
  }

  /** The agent's alarms, while it has an incarnation. */
  get schedule(): Schedule {
    return this.#backlog.schedule as Schedule;
  }

  /** Resolves once what an incarnation has to find is on disk, or could not be written; undefined where it is. */
  get written(): Promise<unknown> | undefined {
    return this.#writes.settled;
  }

  load(pending: Pending): void {
    const orphans = this.#backlog.load(pending);
    if (orphans.length > 0) this.#write(orphans, { lightly: true }).catch(() => {});
    this.#retry.wait(this.#backlog.first()?.retryAt);
    // They may have been found to be due on a clock that was set back since.
    for (const { at } of pending.alarms) if (at > this.#now) this.#hosting.alarms.set(at);
  }

  /** The incarnation is over. What it was to do is found on disk by the next; `more` where that may be more than is known. */
  unload(more: boolean): void {
    this.#backlog.unload(more || this.ready);
  }

  /** Nothing of it is there any more. */
  clear(): void {
    this.#retry.wait(undefined);
    this.#backlog.unload(false);
  }

  /** A message was told and is on disk; without it, one may be, or an alarm is due. */
  add(told?: Told): void {
    this.#parked = false;
    this.#backlog.add(told);
    this.#onReady();
  }

  /** The store has failed: something may be on disk that nobody was told of. */
  review(): void {
    this.#parked = false;
    this.#backlog.review();
    this.#onReady();
  }

  /** The agent cannot be started; `retryMs` is when that may be different, if ever by itself. It is then tried again, for what waits. */
  park(retryMs: number | undefined): void {
    const again = retryMs !== undefined && this.ready;
    this.#parked = true;
    this.#retry.wait(again ? this.#now + retryMs : undefined);
  }

  /** Whether a message comes before a send of that number: the next one, or one that is being read. */
  isBefore(number: number): boolean {
    const first = this.#backlog.first(this.#taken?.number);
    if (first === undefined) return this.#backlog.mayPrecede(number);
    return first.number < number && this.#retry.isDue(first.retryAt);
  }

  /** Takes the next message; undefined where it has to wait for its turn among those that may have ended the host. */
  take(): Durable | undefined {
    this.#retry.wait(undefined);
    const first = this.#backlog.first();
    if (first && hasBegun(first) && !this.#hosting.caution.take(this, this.#onReady)) return undefined;
    this.#taken = first;
    return first;
  }

  /**
   * Notes on disk that the turn of the message taken is about to begin; resolves with what makes it begin. Undefined where
   * it must not: it has been tried too often, was skipped, or that could not be noted.
   */
  async begin(message: Durable): Promise<Delivery | undefined> {
    const { maxAttempts, clock } = this.#hosting.settings;
    const attempts = message.attempts.map((attempt) => ({ cause: HOST_ENDED, ...attempt }));
    if (attempts.length >= maxAttempts || this.#skip) {
      await this.#bury({ ...message, attempts }, (this.#skip ? undefined : attempts.at(-1)?.cause) ?? SKIPPED);
      return undefined;
    }
    const begun: Durable = { ...message, attempts: [...attempts, { at: clock.now() }] };
    try {
      await this.#note(begun);
    } catch (error) {
      this.#again({ ...message, attempts, retryAt: this.#now + this.#delay(1) }, asError(error));
      return undefined;
    }
    if (this.#skip) {
      await this.#bury({ ...message, attempts }, SKIPPED);
      return undefined;
    }
    this.#taken = begun;
    const { number, body, chain } = begun;
    const delivery = new Delivery(body, { number, chain, sentAt: clock.elapsed(), durable: begun });
    this.#delivery = delivery;
    delivery.reply.catch((error: Error) => this.#failed(begun, error, delivery));
    delivery.onSettled(() => this.#backlog.settled(number));
    return delivery;
  }

  /**
   * The turn of the message taken has ended well: the steps that belong to its record. The next may begin; where that record
   * cannot be written, the incarnation ends, and the message is found on disk again.
   */
  settle(message: Durable): Step[] {
    const steps = this.#backlog.settle(message);
    this.#skip?.resolve(false);
    this.#over(message);
    return steps;
  }

  /**
   * Gives up a message, to the dead letters; one that is taken by ending its turn with `stop`. False where there is none of
   * that number, rejects where it could not be stored.
   */
  async skip(number: number, stop: (delivery: Delivery, why: DrowseError) => void): Promise<boolean> {
    if (this.#taken?.number !== number) {
      const found = await this.#skips.skip(number);
      this.#retried();
      this.#onReady();
      return found;
    }
    this.#skip ??= Promise.withResolvers();
    if (this.#delivery)
      stop(this.#delivery, new DrowseError('ERR_DROWSE_ABORTED', SKIPPED, { agentId: this.#agentId }));
    return this.#skip.promise;
  }

  get #now(): number {
    return this.#hosting.settings.clock.now();
  }

  #delay(attempts: number): number {
    return restartDelay(attempts, this.#hosting.settings.backoffMs);
  }

  #tryAgain(): void {
    const first = this.#backlog.first();
    if (first && !this.#retry.isDue(first.retryAt)) this.#retry.wait(first.retryAt);
    this.add();
  }

  /** What was to be tried again may be gone: then nothing holds up what waits behind it. */
  #retried(): void {
    if (this.#retry.at === undefined) return;
    this.#retry.wait(this.#backlog.first()?.retryAt);
    if (this.#retry.at === undefined) this.#backlog.add();
  }

  #failed(message: Durable, error: Error, { spared, hopeless }: Delivery): void {
    const [last, before] = [message.attempts.at(-1), message.attempts.slice(0, -1)];
    // Settled, and its record was not written.
    if (this.#taken !== message) return void this.#note({ ...message, attempts: before }).catch(() => {});
    if (this.#skip && last) {
      return void this.#bury({ ...message, attempts: [...before, { ...last, cause: SKIPPED }] }, SKIPPED);
    }
    if (last === undefined || spared) return this.#again({ ...message, attempts: before }, error);
    const cause = `${error.name}: ${error.message}`;
    const tried = { ...message, attempts: [...before, { ...last, cause }] };
    if (hopeless || tried.attempts.length >= this.#hosting.settings.maxAttempts) void this.#bury(tried, cause);
    else this.#again({ ...tried, retryAt: this.#now + this.#delay(tried.attempts.length) }, error);
  }

  /** The message stays the first, to be tried again. */
  #again(message: Durable, err: Error): void {
    const { number, retryAt } = message;
    const { log } = this.#hosting.settings;
    log.debug({ agentId: this.#agentId, number, retryAt, err }, 'a durable message was not processed');
    // Where that fails, what is on disk counts an attempt too many at worst.
    this.#note(message).catch(() => {});
    this.#release();
    this.#retry.wait(retryAt);
    this.#onReady();
  }

  /** Gives up the message that is taken. */
  async #bury(message: Durable, cause: string): Promise<void> {
    this.#burying = true;
    try {
      await this.#backlog.bury(message, cause);
      this.#hosting.budget.progressed(this.#agentId);
    } catch (error) {
      this.#skip?.reject(error);
      this.#again({ ...message, retryAt: this.#now + this.#delay(1) }, asError(error));
      return;
    }
    this.#skip?.resolve(true);
    this.#release();
    this.#onReady();
  }

  #over({ number }: Durable): void {
    this.#backlog.forget(number);
    this.#release();
  }

  #release(): void {
    this.#burying = false;
    this.#taken = undefined;
    this.#delivery = undefined;
    this.#skip = undefined;
    this.#hosting.caution.release(this);
  }

  #note({ number, attempts, retryAt }: Durable): Promise<void> {
    const notes = { number, attempts, ...(retryAt !== undefined && { retryAt }) };
    this.#backlog.note(notes);
    return this.#write([{ kind: 'note', agentId: this.#agentId, notes }], { lightly: true });
  }

  #write(steps: readonly Step[], how: { lightly?: boolean }): Promise<void> {
    return this.#writes.track(this.#hosting.store.messages.write(steps, how));
  }
}
