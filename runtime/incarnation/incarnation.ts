import { asError, DrowseError } from '../../core/errors.ts';
import { fromFault } from '../../core/fault.ts';
import type { Call, Hydrated, Passivated, Up } from '../../workers/protocol.ts';
import type { AgentType } from '../agent-types.ts';
import type { Hosting } from '../hosting.ts';
import type { Isolate } from '../isolates/isolate.ts';
import { timedOut } from '../messages/cancellation.ts';
import type { Delivery } from '../messages/delivery.ts';
import type { Inbox } from '../messages/inbox.ts';
import { recordOf } from '../messages/turn-record.ts';
import { AgentCalls } from './agent-calls.ts';
import { AgentOutput } from './agent-output.ts';
import { crashError, turnTimeout } from './crash-error.ts';
import type { Ending } from './ending.ts';
import { OutputGate } from './output-gate.ts';
import { RecordWriter } from './record-writer.ts';
import { Window } from './window.ts';

/** A snapshot that is more than this part of what an agent may hold could be too large for it: it is measured before its first turn. */
const LARGE = 8;

/** Called after each turn, when there is room for another message, and once nothing is under way; not `progressed` after no turn. */
type OnTurn = (progressed?: boolean) => void;

/**
 * One life of an agent: a thread, the journal it owns, and the messages in it. It starts once and ends once; nothing that
 * its thread says after that reaches anybody.
 */
export class Incarnation {
  readonly epoch: number;
  readonly output: AgentOutput;
  /** Resolves when the thread is gone and every write made for it is settled. Never rejects. */
  readonly ended: Promise<Ending>;
  readonly #agentId: string;
  readonly #type: AgentType;
  readonly #hosting: Hosting;
  readonly #inbox: Inbox;
  readonly #onTurn: OnTurn;
  readonly #window = new Window();
  readonly #gate: OutputGate;
  readonly #writer: RecordWriter;
  readonly #calls: AgentCalls;
  readonly #markEnded: (ending: Ending) => void;
  /** The agent stays awake for a promise. */
  keptAwake = false;
  #isolate: Isolate | undefined;
  #started = false;
  /** Why it is ending, from the moment that this is decided. */
  #verdict: Pick<Ending, 'kind' | 'cause'> | undefined;

  constructor(agentId: string, type: AgentType, hosting: Hosting, inbox: Inbox, onTurn: OnTurn) {
    this.epoch = hosting.counters.nextEpoch();
    this.#agentId = agentId;
    this.output = new AgentOutput(agentId, hosting.settings.log, hosting.settings.clock);
    this.#type = type;
    this.#hosting = hosting;
    this.#inbox = inbox;
    this.#onTurn = onTurn;
    // After a failed write, what the thread holds is ahead of the disk: none of it may be built upon.
    const failed = (cause: Error) => {
      hosting.recover();
      this.#stop('crashed', cause);
    };
    this.#gate = new OutputGate(failed, onTurn);
    this.#writer = new RecordWriter(this.#gate);
    this.#calls = new AgentCalls(agentId, hosting, (frame) => this.#isolate?.post(frame));
    ({ promise: this.ended, resolve: this.#markEnded } = Promise.withResolvers<Ending>());
  }

  /** Messages in the thread, writes on their way to the disk, and promises that the agent stays awake for. */
  get busy(): boolean {
    return this.#window.size > 0 || this.#gate.busy || this.keptAwake;
  }

  get inFlight(): number {
    return this.#window.size;
  }

  get hasRoom(): boolean {
    return this.#verdict === undefined && this.#window.hasRoom;
  }

  /** Sequence of the newest write; 0 for an agent that has never committed. */
  get sequence(): number {
    return this.#writer.sequence;
  }

  get isolate(): Isolate | undefined {
    return this.#isolate;
  }

  /** Waits for room, reads what is stored, starts the thread and rebuilds the agent in it. Undefined where that failed: it is ending. */
  async start(room: Promise<void> | undefined): Promise<{ idleTimeoutMs: number | undefined } | undefined> {
    try {
      const { store, settings, types, quarantines, isolates } = this.#hosting;
      quarantines.mustBeFree(this.#agentId);
      if (room) await Promise.race([room, this.ended]);
      if (this.#verdict) return undefined;
      while (this.#inbox.written) await this.#inbox.written;
      const { journal, stored, pending } = await store.open(this.#agentId);
      if (this.#verdict) {
        journal.close();
        return undefined;
      }
      this.#writer.open(journal);
      this.#inbox.load(pending);
      const isolate = this.#spawn();
      const { maxMessageBytes, maxStateBytes } = settings;
      const module = await this.#inTime(isolates.load(isolate, this.#type));
      const orders = { agentId: this.#agentId, module, types, stored, maxMessageBytes, maxStateBytes };
      const hydrated = await this.#inTime(isolate.call<Hydrated>((control) => control.hydrate(orders)));
      if (!hydrated.ok) throw fromFault(hydrated.fault, this.#agentId);
      if (stored && stored.snapshot.length > isolate.maxHeapBytes / LARGE) await isolate.fits();
      this.#started = true;
      return { idleTimeoutMs: hydrated.idleTimeoutMs };
    } catch (error) {
      this.#stop('failed', asError(error));
      return undefined;
    }
  }

  deliver(delivery: Delivery): void {
    const { body, deadline } = delivery;
    this.#isolate?.post({ kind: 'message', number: this.#window.add(delivery), body, deadline });
  }

  /** Asks the turn of a delivery to end and roll back; ends the thread if the turn ignores that. */
  cancel(delivery: Delivery): void {
    const number = this.#window.numberOf(delivery);
    if (number === undefined) return;
    this.#isolate?.post({ kind: 'cancel', number });
    this.#calls.end(number, true);
    this.#endIfIgnored(number, delivery);
  }

  /** Asks the same of all turns in the thread, for a reason that lies elsewhere. */
  cancelAll(why: DrowseError): void {
    for (const delivery of this.#window.condemn(why)) this.cancel(delivery);
  }

  /** Asks the agent to sleep between turns. False if it refused: it has a turn running or a message on the way. */
  async passivate(): Promise<boolean> {
    const { timers, settings } = this.#hosting;
    const grace = settings.abortGraceMs;
    const late = () => {
      const cause = new Error(`passivate() took longer than abortGraceMs (${grace} ms), and was ended.`);
      settings.log.warn({ agentId: this.#agentId }, cause.message);
      this.#stop('slept', cause);
    };
    try {
      const asked = (this.#isolate as Isolate).call<Passivated>((control) => control.passivate(this.#window.last));
      const answer = await timers.during(grace, asked, late);
      if (!answer.asleep) return false;
      await this.#sleep(answer);
    } catch (error) {
      // Where the thread ended instead of answering, `ended` says how.
      this.#stop('crashed', asError(error));
    }
    return true;
  }

  /** Ends the thread now. Turns whose records are here still commit; all others in it are rejected with `cause`. */
  abort(cause: DrowseError): void {
    this.#window.condemn(cause);
    this.#stop('stopped', cause);
  }

  #stop(kind: Ending['kind'], cause: Error): void {
    if (this.#verdict) return;
    this.#verdict = { kind, cause };
    if (this.#isolate) void this.#isolate.end();
    else void this.#conclude();
  }

  #spawn(): Isolate {
    const isolate = this.#hosting.spares.isolate(this.#type, {
      name: this.#agentId,
      frame: (frame) => this.#hear(frame),
      output: (stream, text) => this.output.take(stream, text),
      overdue: (turn) => this.#overdue(turn),
    });
    this.#isolate = isolate;
    void isolate.ended.then((how) => {
      const running = this.#window.get(this.#isolate?.pulse.running ?? 0);
      const cause = crashError(this.#agentId, how, this.#started ? { delivery: running } : 'starting');
      // An agent whose state does not fit into its memory will not start the next time either.
      const hopeless = !this.#started && cause.code === 'ERR_DROWSE_AGENT_OUT_OF_MEMORY';
      this.#verdict ??= { kind: hopeless ? 'failed' : 'crashed', cause };
      return this.#conclude();
    });
    return isolate;
  }

  /** A turn runs for longer than any may. */
  #overdue(turn: number): void {
    const delivery = this.#window.get(turn);
    if (delivery === undefined || delivery.cancelled) return;
    delivery.cancelled = turnTimeout(this.#agentId, this.#hosting.settings.turnTimeoutMs);
    this.cancel(delivery);
  }

  #hear(frame: Up): void {
    if (frame.kind === 'log') return this.output.line(frame);
    if (frame.kind === 'call') return this.#call(frame);
    if (frame.kind === 'awake') {
      this.keptAwake = frame.kept;
      return this.#onTurn(false);
    }
    const delivery = this.#window.take(frame.number);
    this.#calls.end(frame.number, frame.kind === 'cancelled');
    if (delivery === undefined) return;
    this.#answer(frame, delivery);
    this.#onTurn();
  }

  /** What a turn sends leaves after all earlier ones are durable. */
  #call(call: Call): void {
    const cause = this.#window.get(call.turn);
    const leave = () => void this.#calls.send(call, cause);
    this.#gate.pass(leave, (error) => this.#calls.refuse(call, error));
  }

  #answer(frame: Extract<Up, { number: number }>, delivery: Delivery): void {
    const { counters, settings } = this.#hosting;
    switch (frame.kind) {
      case 'done': {
        const { effects, reply } = frame;
        const { steps, release } = recordOf(this.#agentId, { effects, delivery, reply }, this.#inbox, this.#hosting);
        this.#writer.write(frame.change, steps);
        this.#whenDurable(delivery, () => {
          counters.committed += 1;
          counters.answered(settings.clock.elapsed() - delivery.sentAt);
          delivery.resolve(reply);
          release();
        });
        return;
      }
      case 'failed':
        counters.failed += 1;
        this.#whenDurable(delivery, () => delivery.reject(fromFault(frame.fault, this.#agentId)));
        return;
      case 'cancelled':
        counters.cancelled += 1;
        // Found out by the isolate, where it was not cancelled here.
        delivery.reject(delivery.cancelled ?? timedOut(delivery.timeoutMs as number));
        return;
    }
  }

  #whenDurable(delivery: Delivery, leave: () => void): void {
    this.#gate.pass(leave, (cause) => delivery.spare(cause));
  }

  async #sleep({ snapshot, changed, effects, fault }: Extract<Passivated, { asleep: true }>): Promise<void> {
    const { log } = this.#hosting.settings;
    if (fault) log.warn({ agentId: this.#agentId, err: fromFault(fault, this.#agentId) }, 'passivate() threw');
    const { steps, release } = recordOf(this.#agentId, { effects }, this.#inbox, this.#hosting);
    this.#writer.writeLast(snapshot, changed, steps);
    // If that fails, the verdict is another by then.
    await this.#gate.settled();
    if (!this.#gate.failed) release();
    this.#verdict ??= { kind: 'slept', cause: new Error('The agent went to sleep.') };
    void this.#isolate?.leave(this.#hosting.settings.abortGraceMs);
  }

  #endIfIgnored(number: number, delivery: Delivery): void {
    const { settings, timers } = this.#hosting;
    const look = (): void => {
      const pulse = this.#isolate?.pulse;
      // Behind another turn it can only wait; the grace counts from when its own begins.
      if (pulse && pulse.begun < number) grace = timers.add(settings.abortGraceMs, look);
      // Its own turn, and no later one: that it is over may be known here only when its answer is read.
      else if (pulse?.running === number) this.#stop('stopped', delivery.cancelled as Error);
    };
    let grace = timers.add(settings.abortGraceMs, look);
    delivery.onSettled(() => timers.cancel(grace));
  }

  /** Ends a thread that does not finish starting. */
  #inTime<T>(start: Promise<T>): Promise<T> {
    const { timers, settings } = this.#hosting;
    return timers.during(settings.startTimeoutMs, start, () => {
      const text = `Agent ${this.#agentId} did not start within startTimeoutMs (${settings.startTimeoutMs} ms).`;
      this.#stop('crashed', new DrowseError('ERR_DROWSE_AGENT_CRASHED', text, { agentId: this.#agentId }));
    });
  }

  async #conclude(): Promise<void> {
    const begun = this.#isolate?.pulse.begun ?? 0;
    const { kind, cause } = this.#verdict as Pick<Ending, 'kind' | 'cause'>;
    this.#calls.cancelAll();
    this.output.end();
    const unbegun = this.#window.close(begun, cause, this.#gate.failed);
    // The next incarnation reads the disk: every write of this one must have reached it, or failed, by then.
    await this.#gate.settled();
    this.#writer.close();
    this.#markEnded({ kind, cause, unwritten: this.#gate.failed, unbegun });
  }
}
