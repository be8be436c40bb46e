import { explained } from '../core/after-turn.ts';
import { decode, fits, type Packed, sizeOf } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { type Fault, toFault } from '../core/fault.ts';
import type { AgentLog } from '../core/log.ts';
import { monotonicMs } from '../core/monotonic.ts';
import { LogLines } from './agent-log.ts';
import { Calls } from './calls.ts';
import { Chunks, isGenerator } from './chunks.ts';
import type { AgentDefinition } from './define-agent.ts';
import { loadDefinition } from './load-definition.ts';
import { InvalidMessage, validate } from './message-schema.ts';
import { migrate } from './migrate.ts';
import { packOutward } from './outward.ts';
import type { Change, Down, Effects, Hydrated, Orders, Passivated, Up } from './protocol.ts';
import type { Pulse } from './pulse.ts';
import { SharedPieces } from './shared-pieces.ts';
import { AgentState, type Draft, fold } from './state.ts';
import { type Surroundings, Turn } from './turn.ts';
import { Wakefulness } from './wakefulness.ts';

type Message = Extract<Down, { kind: 'message' }>;
type Answer = Extract<Up, { number: number }>;

interface Running {
  readonly number: number;
  readonly turn: Turn;
  /** Of a turn that yields. */
  chunks?: Chunks;
}

/** The agent inside its thread: takes messages in order, one turn at a time, and answers each with one frame. */
export class Host {
  readonly #post: (frame: Up) => void;
  readonly #pulse: Pulse;
  /** Finds the agent that a module defines. */
  readonly load: (module: string) => Promise<AgentDefinition>;
  readonly #log: AgentLog;
  readonly #calls: Calls;
  readonly #wakefulness: Wakefulness;
  readonly #shared = new SharedPieces(() => this.#running !== undefined);
  readonly #waiting: Message[] = [];
  #running: Running | undefined;
  #taken = 0;
  /** Without what is only to be read: a snapshot and records, or data that will be replaced, would stay with it. */
  #orders!: Omit<Orders, 'stored' | 'shared'>;
  #surroundings!: Surroundings;
  #definition!: AgentDefinition;
  #state!: AgentState;
  /** That of the next turn, made when the last one was answered: nobody waits for it. */
  #draft: Draft | undefined;
  /** What was told and set outside a turn (by `activate`), to be kept with the next one. */
  #carried: Effects | undefined;

  constructor(
    post: (frame: Up) => void,
    pulse: Pulse,
    load: (module: string) => Promise<AgentDefinition> = loadDefinition,
  ) {
    this.#post = post;
    this.#pulse = pulse;
    this.load = load;
    this.#calls = new Calls(post);
    this.#log = new LogLines(post);
    this.#wakefulness = new Wakefulness(post, this.#log);
  }

  take(frame: Down): void {
    switch (frame.kind) {
      case 'message':
        this.#taken = frame.number;
        this.#waiting.push(frame);
        if (this.#running === undefined) void this.#work();
        return;
      case 'cancel':
        this.#cancel(frame.number);
        return;
      case 'beat':
        this.#pulse.beat();
        return;
      case 'read':
        if (this.#running?.number === frame.number) this.#running.chunks?.read(frame.count);
        return;
      case 'chunk':
        this.#calls.push(frame);
        return;
      case 'replied':
      case 'refused':
        this.#calls.settle(frame);
        return;
      case 'share':
        this.#shared.put(frame.name, frame.piece);
        return;
    }
  }

  async hydrate(orders: Orders): Promise<Hydrated> {
    try {
      const { stored, shared: pieces, ...lasting } = orders;
      this.#orders = lasting;
      for (const [name, piece] of pieces) this.#shared.put(name, piece);
      const { agentId, types, tools, maxMessageBytes } = orders;
      const [log, calls, wakefulness, shared] = [this.#log, this.#calls, this.#wakefulness, this.#shared];
      this.#surroundings = { agentId, types, tools, maxMessageBytes, log, calls, wakefulness, shared };
      this.#definition = await this.load(orders.module);
      this.#state = await this.#rebuild(stored);
      await this.#activate();
      return { ok: true, idleTimeoutMs: this.#definition.idleTimeoutMs };
    } catch (error) {
      return { ok: false, fault: toFault(error) };
    }
  }

  async passivate(last: number, shared: number): Promise<Passivated> {
    const behind = this.#taken !== last || this.#shared.version < shared;
    if (this.#running !== undefined || behind || this.#wakefulness.kept) return { asleep: false };
    return this.#passivate();
  }

  async #rebuild(stored: Orders['stored']): Promise<AgentState> {
    const { version = 1 } = this.#definition;
    const { maxStateBytes: maxBytes, maxMessageBytes: maxRecordBytes } = this.#orders;
    const options = { version, maxBytes, maxRecordBytes };
    if (stored === undefined) return new AgentState(await this.#definition.initialState(this.#orders.agentId), options);
    const kept = fold(stored.snapshot, stored.records);
    if (kept.version !== version) return new AgentState(await migrate(kept, this.#definition), options);
    const tailBytes = stored.records.reduce((sum, record) => sum + record.length, 0);
    const sizes = { snapshotBytes: stored.snapshot.length, tailBytes, records: stored.records.length };
    return new AgentState(kept.state, { ...options, stored: sizes });
  }

  async #activate(): Promise<void> {
    if (this.#definition.activate === undefined) return;
    const { draft, turn } = this.#begin();
    await this.#definition.activate(turn);
    this.#carried = turn.effects;
    turn.end();
    draft.carry();
  }

  async #passivate(): Promise<Extract<Passivated, { asleep: true }>> {
    // An agent that never committed doesn't exist: whatever its passivate() does to the state, there is nothing to keep.
    const exists = this.#state.stored !== undefined;
    const { draft, turn } = this.#begin();
    let change: Change | undefined;
    let effects: Effects | undefined;
    let fault: Fault | undefined;
    try {
      await this.#definition.passivate?.(turn);
      if (exists) {
        change = draft.finish();
        effects = turn.effects;
      }
    } catch (error) {
      fault = toFault(explained(error));
    } finally {
      turn.end();
      draft.revoke();
    }
    const snapshot = this.#state.hasLongTail ? this.#state.snapshot() : undefined;
    return { asleep: true, change, snapshot, effects, fault };
  }

  async #work(): Promise<void> {
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      const { number, deadline } = message;
      if (deadline !== undefined && monotonicMs() >= deadline) {
        // Whoever waited has gone, though a turn that blocked the loop has kept the news from here.
        this.#post({ kind: 'cancelled', number });
        continue;
      }
      const answer = await this.#run(message);
      this.#pulse.end(number);
      this.#running = undefined;
      this.#post(answer);
      this.#draft = this.#state.draft();
    }
  }

  #begin(number = 0): { draft: Draft; turn: Turn } {
    const draft = this.#draft ?? this.#state.draft();
    this.#draft = undefined;
    const turn = new Turn(number, draft.root, this.#surroundings);
    if (this.#carried) turn.carry(this.#carried);
    return { draft, turn };
  }

  /** One turn. Never rejects: whatever the agent's code does becomes the answer. */
  async #run({ number, body, streams }: Message): Promise<Answer> {
    const { draft, turn } = this.#begin(number);
    const running: Running = { number, turn };
    this.#running = running;
    this.#pulse.begin(number);
    try {
      const { message: schema } = this.#definition;
      let message = decode(body);
      if (schema) message = await validate(schema, message, this.#orders.agentId);
      if (turn.cancelled) return { kind: 'cancelled', number };
      let returned: unknown = await this.#definition.receive(turn, message);
      if (isGenerator(returned)) {
        running.chunks = this.#chunks(turn, streams ? number : undefined);
        returned = await running.chunks.drain(returned);
      }
      if (turn.cancelled) return { kind: 'cancelled', number };
      // The reply first: it may hold drafts, and a change is not kept if its reply cannot be sent.
      const reply = packOutward(returned, 'reply');
      this.#mustFit('reply', reply);
      const change = draft.finish();
      this.#carried = undefined;
      return { kind: 'done', number, reply, change, effects: turn.effects };
    } catch (error) {
      if (turn.cancelled) return { kind: 'cancelled', number };
      return { kind: 'failed', number, fault: toFault(explained(error)), refused: error instanceof InvalidMessage };
    } finally {
      turn.end();
      draft.revoke();
    }
  }

  /** `number` where somebody reads them. */
  #chunks(turn: Turn, number: number | undefined): Chunks {
    return new Chunks({
      post: number === undefined ? undefined : (chunk) => this.#post({ kind: 'chunk', turn: number, chunk }),
      check: (chunk) => this.#mustFit('chunk', chunk),
      isCancelled: () => turn.cancelled,
    });
  }

  /** A turn that is over, its answer posted, cannot be cancelled any more: its number is not found. */
  #cancel(number: number): void {
    if (this.#running?.number === number) {
      this.#running.turn.cancel();
      return this.#running.chunks?.stop();
    }
    const index = this.#waiting.findIndex((message) => message.number === number);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    this.#post({ kind: 'cancelled', number });
  }

  #mustFit(what: 'reply' | 'chunk', packed: Packed): void {
    if (fits(packed, this.#orders.maxMessageBytes)) return;
    throw new DrowseError(
      'ERR_DROWSE_MESSAGE_TOO_LARGE',
      `The ${what} has ${sizeOf(packed)} bytes; maxMessageMb allows ${this.#orders.maxMessageBytes}. The turn was rolled back.`,
    );
  }
}
