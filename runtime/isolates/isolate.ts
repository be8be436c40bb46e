import type { Remote } from 'comlink';
import { fromFault } from '../../core/fault.ts';
import { within } from '../../core/within.ts';
import type { Control, Down, Prepared, Up } from '../../workers/protocol.ts';
import type { Pulse } from '../../workers/pulse.ts';
import type { Carrier, CarrierOptions, Listener, Memory } from './carrier.ts';
import type { Beating } from './hang-guard.ts';
import type { Guarded, HeapExceeded, HeapWatch } from './heap-guard.ts';
import { Hung } from './hung.ts';
import { ProcessCarrier } from './process-carrier.ts';
import { ThreadCarrier } from './thread-carrier.ts';
import { keepCompiled } from './thread-code.ts';

/** How long a terminated isolate may take to end before it counts as a zombie: one that is blocked in a native call. */
const ZOMBIE_AFTER_MS = 2_000;

export interface IsolateOptions extends CarrierOptions {
  /** Given for one that is to be a process: what that may do, as arguments of its Node. */
  readonly process: readonly string[] | undefined;
}

/** Whom an isolate serves. */
export interface Tenant {
  readonly name: string;
  frame(frame: Up): void;
  output(stream: 'stdout' | 'stderr', text: string): void;
  /** A turn has been running for longer than it may. */
  overdue(turn: number): void;
}

/** A worker thread or process seen from outside: frames down and up, calls on its control plane, and an end that always comes. */
export class Isolate implements Guarded, Beating {
  /** The watch over its memory. */
  watch: Pick<HeapWatch, 'heat' | 'fits' | 'bytes' | 'excess'> | undefined;
  /** Resolves once it takes no more part: with how it ended, after its last frame was handed over. */
  readonly ended: Promise<Error>;
  /** Resolves once it is gone, which for a zombie is later. */
  readonly exited: Promise<void>;
  readonly kind: 'thread' | 'process';
  /** What it may hold, in bytes. */
  readonly maxHeapBytes: number;
  readonly #carrier: Carrier;
  readonly #markEnded: (how: Error) => void;
  readonly #markExited: () => void;
  #outbox: Down[] = [];
  /** A frame has left in this tick. */
  #posted = false;
  readonly #flush = () => {
    const frames = this.#outbox;
    this.#posted = false;
    if (frames.length === 0) return;
    this.#outbox = [];
    if (!this.#over) this.#carrier.post(frames);
  };
  readonly #startedAt = Date.now();
  /** Calls on the control plane that it has not answered yet: when they were made, in milliseconds since 1970. */
  readonly #calls = new Set<{ readonly at: number }>();
  #tenant: Tenant;
  /** Why it was ended, where that is not how it says it ended. */
  #endedBy: Error | undefined;
  #givenUpAt: number | undefined;
  #isEnding = false;
  #over = false;
  #gone = false;

  constructor(options: IsolateOptions, tenant: Tenant) {
    this.maxHeapBytes = options.maxHeapBytes;
    this.#tenant = tenant;
    ({ promise: this.ended, resolve: this.#markEnded } = Promise.withResolvers<Error>());
    ({ promise: this.exited, resolve: this.#markExited } = Promise.withResolvers<void>());
    const listener: Listener = {
      frame: (frame) => this.#tenant.frame(frame),
      output: (stream, text) => this.#tenant.output(stream, text),
      gone: (how) => this.#exit(how),
    };
    this.kind = options.process ? 'process' : 'thread';
    this.#carrier = options.process
      ? new ProcessCarrier(options, options.process, listener)
      : new ThreadCarrier(options, listener);
  }

  /** The name of whom it serves. */
  get name(): string {
    return this.#tenant.name;
  }

  /** Whether it was ended, if not yet gone: it takes on nothing any more. */
  get isEnding(): boolean {
    return this.#isEnding || this.#over;
  }

  /** Serves another from now on. */
  serve(tenant: Tenant): void {
    this.#tenant = tenant;
  }

  /** Of one that is a process. */
  get pid(): number | undefined {
    return this.#carrier.pid;
  }

  get pulse(): Pulse {
    return this.#carrier.pulse;
  }

  /** Since when it is given up while it still runs, in milliseconds since 1970; undefined for any other. */
  get zombieSince(): number | undefined {
    return this.#gone ? undefined : this.#givenUpAt;
  }

  /**
   * Sends a frame. The first of a tick goes at once, those behind it together: waking the other side costs far more than what it is
   * woken with.
   */
  post(frame: Down): void {
    if (this.#posted) return void this.#outbox.push(frame);
    this.#posted = true;
    if (!this.#over) this.#carrier.post([frame]);
    process.nextTick(this.#flush);
    this.watch?.heat();
  }

  /** A call on the control plane, which counts as work. Rejects with {@link ended}'s error if it ends first. */
  async call<T>(call: (control: Remote<Control>) => Promise<T>): Promise<T> {
    const ended = this.ended.then((how): Promise<never> => Promise.reject(how));
    if (this.#over) return ended;
    const made = { at: Date.now() };
    this.#calls.add(made);
    this.watch?.heat();
    try {
      return await Promise.race([call(this.#carrier.control), ended]);
    } finally {
      this.#calls.delete(made);
    }
  }

  /** Has it load a module ahead of its orders. Rejects where it cannot. */
  async prepare(module: string, how: { readonly rehearsed: boolean }): Promise<void> {
    const prepared = await this.call<Prepared>((control) => control.prepare(module, how));
    if (!prepared.ok) throw fromFault(prepared.fault, this.name);
    if (prepared.compiled) keepCompiled(prepared.compiled);
  }

  lastBeat(): number {
    return this.#over ? this.pulse.lastBeat : this.#carrier.lastBeat();
  }

  get busyForMs(): number | undefined {
    // Loading a module, activate() and passivate() are no turns.
    const [called] = this.#calls;
    const since = this.pulse.lastBeat === 0 ? this.#startedAt : (this.pulse.runningSince ?? called?.at);
    return since === undefined ? undefined : Date.now() - since;
  }

  /** What it was last measured to hold, in bytes. */
  get heldBytes(): number {
    return this.watch?.bytes ?? 0;
  }

  get ranMs(): number | undefined {
    return this.#carrier.ranMs;
  }

  /** Resolves once it holds no more memory than it may; rejects with {@link ended}'s error if it is ended for that. */
  async fits(): Promise<void> {
    await Promise.race([this.watch?.fits(), this.ended.then((how) => Promise.reject(how))]);
  }

  exceeded(error: HeapExceeded): void {
    this.endAs(error);
  }

  /** One that holds too much may do nothing any more but collect garbage: then that is what is wrong with it. */
  hung(blockedMs: number): void {
    void this.#carrier.whereabouts().then((where) => this.endAs(this.watch?.excess() ?? new Hung(blockedMs, where)));
  }

  overdue(turn: number): void {
    this.#tenant.overdue(turn);
  }

  /** Asks it to end by itself; ends it if it hasn't within `graceMs`. */
  async leave(graceMs: number): Promise<void> {
    this.call((control) => control.leave()).catch(() => {});
    if (!(await this.#endsWithin(graceMs))) await this.end();
  }

  /** Ends it, whatever it does, for a reason that is its own; the first one given counts. */
  endAs(how: Error): void {
    this.#endedBy ??= how;
    void this.end();
  }

  /** Ends it, whatever it does; gives it up as a zombie if it cannot be ended. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#carrier.terminate();
    if (await this.#endsWithin(ZOMBIE_AFTER_MS)) return;
    this.#givenUpAt = Date.now();
    this.#conclude(new Error(`The ${this.kind} did not end when it was terminated: it is blocked in a native call.`));
  }

  /** What it holds. Undefined where there is no answer, as from a native call. */
  async heap(): Promise<Memory | undefined> {
    return this.#over ? undefined : Promise.race([this.#carrier.memory(), this.ended.then(() => undefined)]);
  }

  /** Processor time that it has taken, in milliseconds. */
  async cpuMs(): Promise<number | undefined> {
    return this.#over ? undefined : Promise.race([this.#carrier.cpuMs(), this.ended.then(() => undefined)]);
  }

  #exit(how: Error): void {
    this.#gone = true;
    this.#markExited();
    this.#conclude(how);
  }

  #conclude(how: Error): void {
    if (this.#over) return;
    // What it said before it ended counts, and comes before the news of the end.
    this.#carrier.read();
    this.#over = true;
    this.#carrier.close();
    this.#markEnded(this.#endedBy ?? how);
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const ended = this.ended.then(() => true);
    return (await within(ms, ended)) ?? false;
  }
}
