import type { Alarm, Notes, Pending, Step, Told } from '../../storage/messages.ts';
import type { Hosting } from '../hosting.ts';
import { type Durable, letterId, stepsAfter, stepsToBury, toDurable } from './durable.ts';
import type { PendingWrites } from './pending-writes.ts';
import { Schedule } from './schedule.ts';

/**
 * What an agent's incarnation knows of the durable messages on disk: the oldest of those told, its alarms, and the notes
 * on them. Between two incarnations it is empty.
 */
export class Backlog {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #writes: PendingWrites;
  readonly #onRead: () => void;
  #told: Told[] = [];
  /** The number of the last message that was known. What became of those before may not be on disk yet: they are not read again. */
  #last = 0;
  #schedule: Schedule | undefined;
  readonly #notes = new Map<number, Notes>();
  readonly #held = new Set<number>();
  /** There may be more on disk than is known. */
  #more = false;
  #reading = false;
  /** The last read failed: another is to come. */
  #failing = false;
  /** What is known is to be compared with the disk once nothing is read. */
  #reviewWanted = false;
  /** Something was told since the read that is under way began. */
  #missed = false;
  /** What was dropped while more was read. */
  readonly #forgotten = new Set<number>();
  /** What is settled, though the disk may not have it yet. */
  readonly #settling = new Set<number>();

  constructor(agentId: string, hosting: Hosting, writes: PendingWrites, onRead: () => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#writes = writes;
    this.#onRead = onRead;
  }

  get more(): boolean {
    return this.#more;
  }

  get isReading(): boolean {
    return this.#reading;
  }

  /** Whether a message of that number may stand on disk before a send of that number, unread. */
  mayPrecede(number: number): boolean {
    return this.#more && number > this.#last;
  }

  get schedule(): Schedule | undefined {
    return this.#schedule;
  }

  /** Takes over what was found on disk as the incarnation started. Returns steps that remove notes on nothing. */
  load({ messages, more, notes, alarms }: Pending): Step[] {
    this.#told = [];
    this.#last = 0;
    this.#insert(messages);
    this.#schedule = this.#scheduleOf(alarms);
    for (const note of notes) this.#notes.set(note.number, note);
    // What was told since it was looked for stands behind it.
    this.#more ||= more;
    if (this.#more) void this.read();
    const numbers = new Set([...messages, ...alarms].map(({ number }) => number));
    const orphans = notes.filter(({ number }) => !numbers.has(number));
    return orphans.map(({ number }) => ({ kind: 'settle', agentId: this.#agentId, number }) as const);
  }

  /** Forgets all of it; `more` says whether there is something to be found again. */
  unload(more: boolean): void {
    this.#told = [];
    this.#schedule = undefined;
    this.#notes.clear();
    this.#more = more;
  }

  /** A message was told and is on disk; without it, an alarm may be due. */
  add(told?: Told): void {
    if (this.#reading) this.#missed = true;
    if (this.#schedule === undefined) this.#more = true;
    else if (told && (!this.#more || told.number < this.#last)) this.#insert([told]);
  }

  /** Something may be on disk that nobody was told of, before what is known, too. */
  review(): void {
    this.#more ||= this.#schedule === undefined;
    this.#reviewWanted = this.#schedule !== undefined;
    if (!this.#reading) void this.#review();
  }

  /**
   * The message that is next, but for that of the number `but`: one that has been tried keeps its place before all others,
   * which follow by age.
   */
  first(but?: number): Durable | undefined {
    // Asked at every message, and mostly there is nothing.
    if (this.#told.length === 0 && (this.#schedule === undefined || this.#schedule.empty)) return undefined;
    const isOpen = ({ number }: { number: number }) => number !== but && !this.#held.has(number);
    const due = this.#due().filter(isOpen);
    const told = this.#told.find(isOpen);
    if (told === undefined && due.length === 0) return undefined;
    const alarm = due.find(({ number }) => this.#notes.has(number)) ?? due[0];
    if (alarm === undefined || (told && this.#notes.has(told.number))) return this.#durable(told as Told);
    if (told === undefined || this.#notes.has(alarm.number) || alarm.at <= told.at) return this.#durable(alarm);
    return this.#durable(told);
  }

  /** Whether there is more than the message of that number. */
  hasBehind(number: number | undefined): boolean {
    return this.#more || [...this.#told, ...this.#due()].some((message) => message.number !== number);
  }

  find(number: number): Durable | undefined {
    const found = [...this.#told, ...this.#due()].find((message) => message.number === number);
    return found && this.#durable(found);
  }

  note(notes: Notes): void {
    this.#notes.set(notes.number, notes);
  }

  /** Drops a message that is over. */
  forget(number: number): void {
    if (this.#reading) this.#forgotten.add(number);
    this.#held.delete(number);
    this.#told = this.#told.filter((told) => told.number !== number);
    this.#notes.delete(number);
    if (this.#told.length === 0 && this.#more) void this.read();
  }

  /** A message is being given up: it is passed over until it is dropped, or let go of. */
  hold(number: number): void {
    this.#held.add(number);
  }

  letGo(number: number): void {
    this.#held.delete(number);
  }

  /** The steps that store that the turn of a message has ended well, which is taken for granted from now on. */
  settle(message: Durable): Step[] {
    const schedule = this.#scheduleFor(message);
    const steps = stepsAfter(this.#agentId, message, schedule, this.#now);
    if (message.alarm) schedule.apply(message.alarm, steps);
    this.#settling.add(message.number);
    return steps;
  }

  /** What was settled is so on disk, or never will be by this incarnation. */
  settled(number: number): void {
    this.#settling.delete(number);
  }

  /** Moves a message to the dead letters. */
  async bury(message: Durable, cause: string): Promise<void> {
    const { store, alarms, announce } = this.#hosting;
    const schedule = this.#scheduleFor(message);
    const steps = stepsToBury(this.#agentId, message, schedule, { cause, now: this.#now });
    await this.#writes.track(store.messages.write(steps));
    if (message.alarm) schedule.apply(message.alarm, steps);
    for (const step of steps) if (step.kind === 'alarm') alarms.set(step.alarm.at);
    this.forget(message.number);
    announce('deadLetter', { agentId: this.#agentId, id: letterId(this.#agentId, message.number), cause });
  }

  /** Reads what stands behind the messages that are known. */
  async read(): Promise<void> {
    if (this.#reading || this.#schedule === undefined) return;
    this.#missed = false;
    const found = await this.#page(this.#last);
    if (found) {
      this.#insert(found.messages);
      this.#more = found.more || this.#missed;
    }
    if (this.#reviewWanted) void this.#review();
    else if (this.#more && this.#told.length === 0 && !this.#failing) void this.read();
    this.#onRead();
  }

  async #review(): Promise<void> {
    this.#reviewWanted = false;
    // Of what is settled, what the disk has not heard of yet is still found there.
    const known = new Set(this.#settling);
    let more = true;
    for (let after = 0; more && after < this.#last; ) {
      const found = await this.#page(after);
      this.#insert(found?.messages.filter(({ number }) => number <= this.#last && !known.has(number)) ?? []);
      after = found?.messages.at(-1)?.number ?? this.#last;
      more = found?.more ?? false;
    }
    await this.read();
  }

  /** One page of the inbox; undefined where it could not be read, or another incarnation has loaded meanwhile. */
  async #page(after: number): Promise<Pending | undefined> {
    const schedule = this.#schedule;
    this.#reading = true;
    this.#failing = false;
    try {
      const page = await this.#hosting.store.messages.pending(this.#agentId, { after });
      if (this.#schedule !== schedule) return undefined;
      for (const note of page.notes) if (!this.#notes.has(note.number)) this.#notes.set(note.number, note);
      return { ...page, messages: page.messages.filter(({ number }) => !this.#forgotten.has(number)) };
    } catch (err) {
      this.#failing = true;
      this.#hosting.settings.log.warn({ agentId: this.#agentId, err }, 'the inbox could not be read');
      this.#hosting.timers.add(RETRY_MS, () => void this.read());
      return undefined;
    } finally {
      this.#reading = false;
      this.#forgotten.clear();
    }
  }

  /** What is known already is passed over. */
  #insert(messages: readonly Told[]): void {
    for (const told of messages) {
      if (told.number > this.#last) this.#told.push(told);
      else if (!this.#told.some(({ number }) => number === told.number)) {
        this.#told.push(told);
        this.#told.sort((a, b) => a.number - b.number);
      }
      this.#last = Math.max(this.#last, told.number);
    }
  }

  get #now(): number {
    return this.#hosting.settings.clock.now();
  }

  #due(): Alarm[] {
    return this.#schedule && !this.#schedule.empty ? this.#schedule.due(this.#now) : NONE;
  }

  #durable(message: Told | Alarm): Durable {
    return toDurable(message, this.#notes.get(message.number));
  }

  #scheduleFor({ alarm }: Durable): Schedule {
    return this.#schedule ?? this.#scheduleOf(alarm ? [alarm] : []);
  }

  #scheduleOf(alarms: readonly Alarm[]): Schedule {
    return new Schedule(this.#agentId, alarms, () => this.#hosting.ownNumber(this.#agentId));
  }
}

const NONE: Alarm[] = [];

/** After this long a read that failed is tried again. */
const RETRY_MS = 1_000;
