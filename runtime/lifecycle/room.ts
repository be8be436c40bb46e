import type { Deadline } from '../../core/deadlines.ts';
import { DrowseError } from '../../core/errors.ts';
import type { Timers } from '../../core/timers.ts';
import type { SleepReason } from '../events.ts';
import { leastRecent } from '../policies.ts';

/** An agent that is awake, or about to be. */
export interface Occupant {
  readonly id: { readonly full: string };
  /** For how long it has had nothing to do, in milliseconds; undefined while it has, or does not stand so that it could sleep. */
  readonly idleForMs: number | undefined;
  /** Asks it to sleep. False where it does not go. */
  nominate(reason: SleepReason): boolean;
}

interface Waiting extends PromiseWithResolvers<void> {
  readonly occupant: Occupant;
  readonly late: Deadline;
}

/** How long one waits for another to be idle, and how often it is looked for one. */
const PATIENCE_MS = 1_000;
const LOOK_MS = 20;

/**
 * How many agents are awake. Where no more may be, the least recently used of those that are idle sleeps before another wakes; where
 * none becomes idle within a second, whoever wants to wake is refused.
 */
export class Room {
  readonly #maxActive: number;
  readonly #isPressed: () => boolean;
  readonly #inside = new Set<Occupant>();
  readonly #going = new Set<Occupant>();
  readonly #waiting: Waiting[] = [];
  readonly #timers: Timers;
  #next: Deadline | undefined;

  /** `isPressed` says that memory is short: then one has to leave for each that comes. */
  constructor(maxActive: number, isPressed: () => boolean, timers: Timers) {
    this.#timers = timers;
    this.#maxActive = maxActive;
    this.#isPressed = isPressed;
  }

  /** How many are inside. */
  get size(): number {
    return this.#inside.size;
  }

  /**
   * Lets an agent in until it is `gone`: at once (undefined), or once the promise resolves. Rejects with
   * `ERR_DROWSE_OVERLOADED` where nobody leaves for it.
   */
  enter(occupant: Occupant, gone: Promise<unknown>): Promise<void> | undefined {
    void gone.then(() => this.#left(occupant));
    if (!this.#isFull()) {
      this.#inside.add(occupant);
      return undefined;
    }
    const late = this.#timers.add(PATIENCE_MS, () => this.#refuse(waiting));
    const waiting: Waiting = { occupant, late, ...Promise.withResolvers<void>() };
    // It may wait to be started when it is refused.
    waiting.promise.catch(() => {});
    this.#waiting.push(waiting);
    this.#makeRoom();
    return waiting.promise;
  }

  /** One that was asked to sleep stays awake: it has something to do. */
  stayed(occupant: Occupant): void {
    if (this.#going.delete(occupant)) this.#makeRoom();
  }

  /** Sends the least recently used of those that are idle to sleep; returns how many go. */
  evict(count: number, reason: SleepReason): number {
    let going = 0;
    for (const occupant of leastRecent(this.#inside)) {
      if (going >= count) break;
      // Before it is asked: it may be gone by the return.
      this.#going.add(occupant);
      if (occupant.nominate(reason)) going += 1;
      else this.#going.delete(occupant);
    }
    return going;
  }

  /** There may be room again. */
  relax(): void {
    while (this.#waiting.length > 0 && !this.#isFull()) this.#admit();
  }

  #isFull(): boolean {
    return this.#inside.size >= this.#maxActive || (this.#inside.size > 0 && this.#isPressed());
  }

  #makeRoom(): void {
    const missing = this.#waiting.length - this.#going.size;
    if (missing <= 0 || this.evict(missing, this.#bound.reason) === missing || this.#next) return;
    this.#next = this.#timers.add(LOOK_MS, () => {
      this.#next = undefined;
      this.relax();
      this.#makeRoom();
    });
  }

  get #bound(): { readonly reason: SleepReason; readonly option: string } {
    return this.#inside.size >= this.#maxActive
      ? { reason: 'crowded', option: 'maxActive' }
      : { reason: 'memory', option: 'memoryBudgetMb' };
  }

  #refuse(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    const agentId = waiting.occupant.id.full;
    const text = `Agent ${agentId} cannot wake: ${this.size} agents are awake, ${this.#bound.option} allows no more, and all of them have something to do. Send again later.`;
    waiting.reject(new DrowseError('ERR_DROWSE_OVERLOADED', text, { agentId }));
  }

  #left(occupant: Occupant): void {
    const place = this.#waiting.findIndex((waiting) => waiting.occupant === occupant);
    for (const { late } of place === -1 ? [] : this.#waiting.splice(place, 1)) this.#timers.cancel(late);
    this.#going.delete(occupant);
    if (!this.#inside.delete(occupant) || this.#waiting.length === 0) return;
    // One for one, though memory be short still: else nobody would ever come in.
    if (this.#inside.size < this.#maxActive) this.#admit();
  }

  #admit(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#timers.cancel(first.late);
    this.#inside.add(first.occupant);
    first.resolve();
  }
}
