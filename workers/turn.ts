import { REMEDY } from '../core/after-turn.ts';
import type { AgentStream } from '../core/agent-stream.ts';
import { DrowseError } from '../core/errors.ts';
import type { AgentLog } from '../core/log.ts';
import type { Calls } from './calls.ts';
import type { AgentContext, AlarmTime, CallOptions, SharedData } from './define-agent.ts';
import { freshName, Outbox } from './outbox.ts';
import { BACKGROUND, type Effects } from './protocol.ts';
import type { Reach } from './reach.ts';
import type { SharedPieces } from './shared-pieces.ts';
import { sharedView } from './shared-view.ts';
import type { Root } from './state.ts';
import type { ToolKind } from './tool-protocol.ts';
import { turnTools } from './turn-tools.ts';
import type { Wakefulness } from './wakefulness.ts';

/** What the turns of a thread have in common. */
export interface Surroundings extends Reach {
  readonly agentId: string;
  readonly tools: Readonly<Record<string, ToolKind>>;
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
  readonly #surroundings: Surroundings;
  readonly #calls: Calls;
  readonly #wakefulness: Wakefulness;
  #pieces: SharedPieces['all'] | undefined;
  readonly #number: number;
  #root: Root | undefined;
  /** Made when something is first told: most turns tell nothing. */
  #outbox: Outbox | undefined;
  #shared: SharedData | undefined;
  #abort: AbortController | undefined;
  #tools: object | undefined;
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
    this.#surroundings = surroundings;
    this.#root = root;
  }

  get state(): unknown {
    return this.#open('state').state;
  }

  set state(value: unknown) {
    this.#open('state').state = value;
  }

  /** Made when it is first asked for; behind the turn each time, of what is shared by then. */
  get shared(): SharedData {
    if (this.#pieces === undefined) return sharedView(this.#surroundings.shared.all);
    this.#shared ??= sharedView(this.#pieces);
    return this.#shared;
  }

  /** What has been told and set. */
  get effects(): Effects | undefined {
    return this.#outbox?.effects;
  }

  async send<Reply>(agentId: string, message: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.#calls.send(this.#caller, this.#surroundings, agentId, message, options) as Promise<Reply>;
  }

  stream<Chunk, Reply>(agentId: string, message: unknown, options: CallOptions = {}): AgentStream<Chunk, Reply> {
    return this.#calls.stream(this.#caller, this.#surroundings, agentId, message, options) as AgentStream<Chunk, Reply>;
  }

  get tools(): object {
    this.#tools ??= turnTools(this.#surroundings.tools, (tool, kind, args) =>
      this.#calls.use(this.#caller, tool, kind, args, this.#surroundings),
    );
    return this.#tools;
  }

  tell(agentId: string, message: unknown): void {
    if (this.#root) this.#out('tell').tell(agentId, message);
    else
      this.#calls.tell(this.#surroundings, agentId, message).catch((err: unknown) => {
        this.log.warn({ to: agentId, err: String(err) }, 'what was told outside of a turn may be lost');
      });
  }

  alarm(when: AlarmTime, message: unknown, { name = freshName() }: { name?: string } = {}): string {
    return this.#out('alarm').alarm(when, message, name);
  }

  cancelAlarm(name: string): void {
    this.#out('cancelAlarm').cancelAlarm(name);
  }

  keepAwake(promise: PromiseLike<unknown>): void {
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
    // Work that goes on may have the context for as long as the agent is awake.
    this.#pieces = undefined;
    this.#shared = undefined;
    this.#calls.end(this.#number);
  }

  /** What it is called by: its turn, or what goes on behind that. */
  get #caller(): number {
    return this.#root ? this.#number : BACKGROUND;
  }

  #out(verb: string): Outbox {
    this.#open(verb);
    this.#outbox ??= new Outbox(this.#surroundings);
    return this.#outbox;
  }

  #open(what: string): Root {
    if (this.#root) return this.#root;
    throw new DrowseError('ERR_DROWSE_UNTRACKED_MUTATION', `agent.${what} was used after its turn had ended${REMEDY}`);
  }
}

function cancelled(): DrowseError {
  return new DrowseError(
    'ERR_DROWSE_ABORTED',
    'The turn was cancelled by its caller, its deadline, or the host closing.',
  );
}
