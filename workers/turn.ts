import type { AgentStream } from '../core/agent-stream.ts';
import { DrowseError } from '../core/errors.ts';
import type { AgentLog } from '../core/log.ts';
import type { Calls } from './calls.ts';
import type { AgentContext, AlarmTime, CallOptions, SharedData } from './define-agent.ts';
import { freshName, Outbox } from './outbox.ts';
import type { Effects } from './protocol.ts';
import type { Reach } from './reach.ts';
import type { SharedPieces } from './shared-pieces.ts';
import { sharedView } from './shared-view.ts';
import type { Root } from './state.ts';
import type { Wakefulness } from './wakefulness.ts';

/** What the turns of a thread have in common. */
export interface Surroundings extends Reach {
  readonly agentId: string;
  readonly log: AgentLog;
  readonly calls: Calls;
  readonly wakefulness: Wakefulness;
  readonly shared: SharedPieces;
}

/**
 * One turn as the agent sees it: the state it changes, what it tells, the signal that cancels it, and an end after which
 * it has none of them.
 */
export class Turn implements AgentContext<unknown> {
  readonly id: string;
  readonly log: AgentLog;
  readonly #reach: Reach;
  readonly #calls: Calls;
  readonly #wakefulness: Wakefulness;
  readonly #pieces: SharedPieces['all'];
  readonly #number: number;
  #root: Root | undefined;
  /** Made when something is first told: most turns tell nothing. */
  #outbox: Outbox | undefined;
  #shared: SharedData | undefined;
  #abort: AbortController | undefined;
  #cancelled = false;

  /** `number` is that of the message that causes the turn; 0 where none does. */
  constructor(number: number, root: Root, surroundings: Surroundings) {
    const { agentId, log, calls, wakefulness, shared } = surroundings;
    this.#number = number;
    this.#calls = calls;
    this.#wakefulness = wakefulness;
    this.#pieces = shared.all;
    this.id = agentId;
    this.log = log;
    this.#reach = surroundings;
    this.#root = root;
  }

  get state(): unknown {
    return this.#open('state').state;
  }

  set state(value: unknown) {
    this.#open('state').state = value;
  }

  /** Made when it is first asked for. */
  get shared(): SharedData {
    this.#shared ??= sharedView(this.#pieces);
    return this.#shared;
  }

  /** What has been told and set. */
  get effects(): Effects | undefined {
    return this.#outbox?.effects;
  }

  async send<Reply>(agentId: string, message: unknown, options: CallOptions = {}): Promise<Reply> {
    this.#open('send');
    return this.#calls.send(this.#number, this.#reach, agentId, message, options) as Promise<Reply>;
  }

  stream<Chunk, Reply>(agentId: string, message: unknown, options: CallOptions = {}): AgentStream<Chunk, Reply> {
    this.#open('stream');
    return this.#calls.stream(this.#number, this.#reach, agentId, message, options) as AgentStream<Chunk, Reply>;
  }

  tell(agentId: string, message: unknown): void {
    this.#out('tell').tell(agentId, message);
  }

  alarm(when: AlarmTime, message: unknown, { name = freshName() }: { name?: string } = {}): string {
    return this.#out('alarm').alarm(when, message, name);
  }

  cancelAlarm(name: string): void {
    this.#out('cancelAlarm').cancelAlarm(name);
  }

  keepAwake(promise: PromiseLike<unknown>): void {
    this.#open('keepAwake');
    this.#wakefulness.hold(promise);
  }

  /** Takes over what was told and set outside a turn. */
  carry(effects: Effects): void {
    this.#out('carry').carry(effects);
  }

  /** Made when first asked for: most turns never look at it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#cancelled) this.#abort.abort(cancelled());
    return this.#abort.signal;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#abort?.abort(cancelled());
  }

  /** From now on, whoever kept the context can no longer reach the state through it. */
  end(): void {
    this.#root = undefined;
    this.#calls.end(this.#number);
  }

  #out(verb: string): Outbox {
    this.#open(verb);
    this.#outbox ??= new Outbox(this.#reach);
    return this.#outbox;
  }

  #open(what: string): Root {
    if (this.#root) return this.#root;
    throw new DrowseError(
      'ERR_DROWSE_UNTRACKED_MUTATION',
      `agent.${what} was used after its turn had ended, where a change could not be kept. Await the work inside receive(), or send the agent a message that makes the change in a turn of its own.`,
    );
  }
}

function cancelled(): DrowseError {
  return new DrowseError(
    'ERR_DROWSE_ABORTED',
    'The turn was cancelled by its caller, its deadline, or the host closing.',
  );
}
