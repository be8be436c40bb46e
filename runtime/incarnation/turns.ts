import type { Packed } from '../../core/codec.ts';
import type { DrowseError } from '../../core/errors.ts';
import { fromFault } from '../../core/fault.ts';
import type { Journal } from '../../storage/store.ts';
import type { Passivated, Up } from '../../workers/protocol.ts';
import type { Hosting } from '../hosting.ts';
import type { Isolate } from '../isolates/isolate.ts';
import { timedOut } from '../messages/cancellation.ts';
import type { Delivery } from '../messages/delivery.ts';
import type { Inbox } from '../messages/inbox.ts';
import type { Reader } from '../messages/reader.ts';
import { recordOf } from '../messages/turn-record.ts';
import { AgentCalls } from './agent-calls.ts';
import { turnTimeout } from './crash-error.ts';
import type { Ending } from './ending.ts';
import { OutputGate } from './output-gate.ts';
import { RecordWriter } from './record-writer.ts';
import { type TurnTrace, traceTurn } from './turn-trace.ts';
import { Window } from './window.ts';

type Answer = Extract<Up, { number: number }>;

const ignore = (): void => {};

export interface TurnsOptions {
  readonly agentId: string;
  readonly hosting: Hosting;
  readonly inbox: Inbox;
  /** The thread, once there is one. */
  readonly isolate: () => Isolate | undefined;
  /** Called after each turn, when there is room for another message, and once nothing is under way; not `progressed` after no turn. */
  readonly onTurn: (progressed?: boolean) => void;
  /** Ends the thread, for a write that failed or a turn that would not end. */
  readonly stop: (kind: Ending['kind'], cause: Error) => void;
}

/** The turns of one incarnation: the messages in its thread, what they say and send, and what of them is written. */
export class Turns {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #inbox: Inbox;
  readonly #isolate: TurnsOptions['isolate'];
  readonly #onTurn: TurnsOptions['onTurn'];
  readonly #stop: TurnsOptions['stop'];
  readonly #window = new Window();
  readonly #gate: OutputGate;
  readonly #writer: RecordWriter;
  readonly #calls: AgentCalls;
  /** The agent stays awake for a promise. */
  keptAwake = false;

  constructor({ agentId, hosting, inbox, isolate, onTurn, stop }: TurnsOptions) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#inbox = inbox;
    this.#isolate = isolate;
    this.#onTurn = onTurn;
    this.#stop = stop;
    // After a failed write, what the thread holds is ahead of the disk: none of it may be built upon.
    const failed = (cause: Error) => {
      hosting.recover();
      stop('crashed', cause);
    };
    this.#gate = new OutputGate(failed, onTurn);
    this.#writer = new RecordWriter(this.#gate);
    this.#calls = new AgentCalls(agentId, hosting, this.#gate, (frame) => isolate()?.post(frame));
  }

  /** Messages in the thread, writes on their way to the disk, and promises that the agent stays awake for. */
  get busy(): boolean {
    return this.#window.size > 0 || this.#gate.busy || this.keptAwake;
  }

  get inFlight(): number {
    return this.#window.size;
  }

  get hasRoom(): boolean {
    return this.#window.hasRoom;
  }

  /** The number of the newest message that was ever in the thread. */
  get last(): number {
    return this.#window.last;
  }

  /** Whether the agent exists: a change of it has been stored. */
  get exists(): boolean {
    return this.#writer.exists;
  }

  /** The message whose turn runs. */
  get running(): Delivery | undefined {
    return this.#window.get(this.#isolate()?.pulse.running ?? 0);
  }

  open(journal: Journal): void {
    this.#writer.open(journal);
  }

  deliver(delivery: Delivery): void {
    const { body, deadline, reader } = delivery;
    const number = this.#window.add(delivery);
    reader?.open((count) => {
      if (!delivery.settled) this.#isolate()?.post({ kind: 'read', number, count });
    });
    this.#isolate()?.post({ kind: 'message', number, body, deadline, streams: reader !== undefined });
  }

  /** Asks the turn of a delivery to end and roll back; ends the thread if the turn ignores that. */
  cancel(delivery: Delivery): void {
    const number = this.#window.numberOf(delivery);
    if (number === undefined) return;
    this.#isolate()?.post({ kind: 'cancel', number });
    this.#calls.end(number, true);
    this.#endIfIgnored(number, delivery);
  }

  /** Asks the same of all turns in the thread, for a reason that lies elsewhere. */
  cancelAll(why: DrowseError): void {
    for (const delivery of this.#window.condemn(why)) this.cancel(delivery);
  }

  /** None of them is to go on, for a reason that lies elsewhere. */
  condemn(why: DrowseError): void {
    this.#window.condemn(why);
  }

  /** A turn runs for longer than any may. */
  overdue(turn: number): void {
    const delivery = this.#window.get(turn);
    if (delivery === undefined || delivery.cancelled) return;
    delivery.cancelled = turnTimeout(this.#agentId, this.#hosting.settings.turnTimeoutMs);
    this.cancel(delivery);
  }

  hear(frame: Exclude<Up, { kind: 'log' }>): void {
    switch (frame.kind) {
      case 'chunk':
        return this.#chunk(frame.chunk, this.#window.get(frame.turn)?.reader);
      case 'call':
      case 'tool':
      case 'tell':
        return void this.#calls.ask(frame, this.#window.get(frame.turn));
      case 'read':
        return this.#calls.read(frame.call, frame.count);
      case 'leave':
        return this.#calls.leave(frame.call);
      case 'awake':
        this.keptAwake = frame.kept;
        return this.#onTurn(false);
      case 'done':
      case 'failed':
      case 'cancelled':
        return this.#end(frame);
    }
  }

  /** Writes what the agent leaves as it goes to sleep. */
  async sleep({ change, snapshot, effects, fault }: Extract<Passivated, { asleep: true }>): Promise<void> {
    const { log } = this.#hosting.settings;
    if (fault) log.warn({ agentId: this.#agentId, err: fromFault(fault, this.#agentId) }, 'passivate() threw');
    const { steps, release } = recordOf(this.#agentId, { effects }, this.#inbox, this.#hosting);
    this.#writer.writeLast(change, snapshot, steps);
    await this.#gate.settled();
    if (!this.#gate.failed) release();
  }

  /** The thread is gone, for `cause`: resolves once all writes are settled, with what is left for the next incarnation. */
  async close(cause: Error): Promise<Pick<Ending, 'unwritten' | 'unbegun'>> {
    this.#calls.cancelAll();
    if (this.running) this.#trace(this.running, 'ended');
    // What a turn has yielded leaves before the news of its end.
    const later = (reject: () => void) => this.#gate.pass(reject, reject);
    const unbegun = this.#window.close(this.#isolate()?.pulse.begun ?? 0, cause, this.#gate.failed, later);
    // The next incarnation reads the disk: every write of this one must have reached it, or failed, by then.
    await this.#gate.settled();
    this.#writer.close();
    return { unwritten: this.#gate.failed, unbegun };
  }

  #end(frame: Answer): void {
    const delivery = this.#window.take(frame.number);
    this.#calls.end(frame.number, frame.kind === 'cancelled');
    if (delivery === undefined) return;
    this.#answer(frame, delivery);
    this.#onTurn();
  }

  /** What a turn yields leaves after all earlier ones are durable. */
  #chunk(chunk: Packed, reader: Reader | undefined): void {
    // Where they are not, the turn itself is rejected.
    if (reader) this.#gate.pass(() => reader.push(chunk), ignore);
  }

  #answer(frame: Answer, delivery: Delivery): void {
    const { counters, settings } = this.#hosting;
    switch (frame.kind) {
      case 'done': {
        const { effects, reply } = frame;
        const { steps, release } = recordOf(this.#agentId, { effects, delivery, reply }, this.#inbox, this.#hosting);
        this.#writer.write(frame.change, steps);
        this.#whenDurable(delivery, () => {
          counters.committed += 1;
          counters.answered(settings.clock.elapsed() - delivery.sentAt);
          this.#trace(delivery, 'committed');
          delivery.resolve(reply);
          release();
        });
        return;
      }
      case 'failed':
        counters.failed += 1;
        delivery.hopeless = frame.refused;
        this.#whenDurable(delivery, () => {
          this.#trace(delivery, 'failed');
          delivery.reject(fromFault(frame.fault, this.#agentId));
        });
        return;
      case 'cancelled':
        counters.cancelled += 1;
        this.#trace(delivery, 'cancelled');
        // Found out by the isolate, where it was not cancelled here.
        delivery.reject(delivery.cancelled ?? timedOut(delivery.timeoutMs as number));
        return;
    }
  }

  #whenDurable(delivery: Delivery, leave: () => void): void {
    this.#gate.pass(leave, (cause) => {
      this.#trace(delivery, 'ended');
      delivery.spare(cause);
    });
  }

  #trace(delivery: Delivery, outcome: TurnTrace['outcome']): void {
    traceTurn(this.#agentId, delivery, outcome, () => this.#hosting.settings.clock.elapsed());
  }

  #endIfIgnored(number: number, delivery: Delivery): void {
    const { settings, timers } = this.#hosting;
    const look = (): void => {
      const pulse = this.#isolate()?.pulse;
      // Behind another turn it can only wait; the grace counts from when its own begins.
      if (pulse && pulse.begun < number) grace = timers.add(settings.abortGraceMs, look);
      // Its own turn, and no later one: that it is over may be known here only when its answer is read.
      else if (pulse?.running === number) this.#stop('stopped', delivery.cancelled as Error);
    };
    let grace = timers.add(settings.abortGraceMs, look);
    delivery.onSettled(() => timers.cancel(grace));
  }
}
