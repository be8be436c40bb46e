import { asError, DrowseError } from '../../core/errors.ts';
import { fromFault } from '../../core/fault.ts';
import type { Hydrated, Passivated, Up } from '../../workers/protocol.ts';
import type { AgentType } from '../agent-types.ts';
import type { Hosting } from '../hosting.ts';
import type { Isolate } from '../isolates/isolate.ts';
import type { Inbox } from '../messages/inbox.ts';
import { AgentOutput } from './agent-output.ts';
import { crashError } from './crash-error.ts';
import type { Ending } from './ending.ts';
import { Turns, type TurnsOptions } from './turns.ts';

/** A snapshot that is more than this part of what an agent may hold could be too large for it: it is measured before its first turn. */
const LARGE = 8;

/**
 * One life of an agent: a thread, the journal it owns, and the turns in it. It starts once and ends once; nothing that
 * its thread says after that reaches anybody.
 */
export class Incarnation {
  readonly epoch: number;
  readonly output: AgentOutput;
  readonly turns: Turns;
  /** Resolves when the thread is gone and every write made for it is settled. Never rejects. */
  readonly ended: Promise<Ending>;
  readonly #agentId: string;
  readonly #type: AgentType;
  readonly #hosting: Hosting;
  readonly #inbox: Inbox;
  readonly #markEnded: (ending: Ending) => void;
  #isolate: Isolate | undefined;
  #started = false;
  /** Why it is ending, from the moment that this is decided. */
  #verdict: Pick<Ending, 'kind' | 'cause'> | undefined;

  constructor(agentId: string, type: AgentType, hosting: Hosting, inbox: Inbox, onTurn: TurnsOptions['onTurn']) {
    this.epoch = hosting.counters.nextEpoch();
    this.#agentId = agentId;
    this.output = new AgentOutput(agentId, hosting.settings.log, hosting.settings.clock);
    this.#type = type;
    this.#hosting = hosting;
    this.#inbox = inbox;
    const stop: TurnsOptions['stop'] = (kind, cause) => this.#stop(kind, cause);
    this.turns = new Turns({ agentId, hosting, inbox, isolate: () => this.#isolate, onTurn, stop });
    ({ promise: this.ended, resolve: this.#markEnded } = Promise.withResolvers<Ending>());
  }

  /** Whether another message can be delivered. */
  get hasRoom(): boolean {
    return this.#verdict === undefined && this.turns.hasRoom;
  }

  get isolate(): Isolate | undefined {
    return this.#isolate;
  }

  /** Waits for room, starts the thread, reads what is stored and rebuilds the agent in it. Undefined where that failed: it is ending. */
  async start(room: Promise<void> | undefined): Promise<{ idleTimeoutMs: number | undefined } | undefined> {
    try {
      const { store, settings, types, quarantines, isolates, shared } = this.#hosting;
      quarantines.mustBeFree(this.#agentId);
      if (room) await Promise.race([room, this.ended]);
      if (this.#verdict) return undefined;
      while (this.#inbox.written) await this.#inbox.written;
      // It starts while the store is read.
      const isolate = this.#spawn();
      const { journal, stored, pending } = await store.open(this.#agentId);
      if (this.#verdict) {
        journal.close();
        return undefined;
      }
      this.turns.open(journal);
      this.#inbox.load(pending);
      const { maxMessageBytes, maxStateBytes } = settings;
      const module = await this.#inTime(isolates.load(isolate, this.#type));
      const tools = this.#hosting.tools?.kinds ?? {};
      const limits = { maxMessageBytes, maxStateBytes };
      const orders = { agentId: this.#agentId, module, types, tools, shared: shared.pieces, stored, ...limits };
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

  /** Asks the agent to sleep between turns. False if it refused: it has a turn running or a message on the way. */
  async passivate(): Promise<boolean> {
    const { timers, settings, shared } = this.#hosting;
    const grace = settings.abortGraceMs;
    const late = () => {
      const cause = new Error(`passivate() took longer than abortGraceMs (${grace} ms), and was ended.`);
      settings.log.warn({ agentId: this.#agentId }, cause.message);
      this.#stop('slept', cause);
    };
    try {
      const { last } = this.turns;
      const asked = (this.#isolate as Isolate).call<Passivated>((control) => control.passivate(last, shared.version));
      const answer = await timers.during(grace, asked, late);
      if (!answer.asleep) return false;
      // If a write fails, the verdict is another by then.
      await this.turns.sleep(answer);
      this.#verdict ??= { kind: 'slept', cause: new Error('The agent went to sleep.') };
      void this.#isolate?.leave(grace);
    } catch (error) {
      // Where the thread ended instead of answering, `ended` says how.
      this.#stop('crashed', asError(error));
    }
    return true;
  }

  /** Ends the thread now. Turns whose records are here still commit; all others in it are rejected with `cause`. */
  abort(cause: DrowseError): void {
    this.turns.condemn(cause);
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
      overdue: (turn) => this.turns.overdue(turn),
    });
    this.#isolate = isolate;
    void isolate.ended.then((how) => {
      const cause = crashError(this.#agentId, how, this.#started ? { delivery: this.turns.running } : 'starting');
      // An agent whose state does not fit into its memory will not start the next time either.
      const hopeless = !this.#started && cause.code === 'ERR_DROWSE_AGENT_OUT_OF_MEMORY';
      this.#verdict ??= { kind: hopeless ? 'failed' : 'crashed', cause };
      return this.#conclude();
    });
    return isolate;
  }

  #hear(frame: Up): void {
    if (frame.kind === 'log') this.output.line(frame);
    else this.turns.hear(frame);
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
    const verdict = this.#verdict as Pick<Ending, 'kind' | 'cause'>;
    this.output.end();
    this.#markEnded({ ...verdict, ...(await this.turns.close(verdict.cause)) });
  }
}
