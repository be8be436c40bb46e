import { encode, isTooDeep } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import type { AgentLog } from '../core/log.ts';
import type { AgentContext } from './define-agent.ts';
import { undraft } from './drafts.ts';
import type { Root } from './state.ts';

/** One turn as the agent sees it: the state it changes, the signal that cancels it, and an end after which it has neither. */
export class Turn implements AgentContext<unknown> {
  readonly id: string;
  readonly log: AgentLog;
  #root: Root | undefined;
  #abort: AbortController | undefined;
  #cancelled = false;

  constructor(id: string, root: Root, log: AgentLog) {
    this.id = id;
    this.#root = root;
    this.log = log;
  }

  get state(): unknown {
    return this.#open().state;
  }

  set state(value: unknown) {
    this.#open().state = value;
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
  }

  #open(): Root {
    if (this.#root) return this.#root;
    throw new DrowseError(
      'ERR_DROWSE_UNTRACKED_MUTATION',
      'agent.state was used after its turn had ended, where a change could not be kept. Await the work inside receive(), or send the agent a message that makes the change in a turn of its own.',
    );
  }
}

/** Encodes what a turn hands out. Parts of the state in it are drafts, which are copied out before they are revoked. */
export function encodeOutward(value: unknown, what: string): Uint8Array {
  try {
    return encode(value, what);
  } catch (error) {
    if (isTooDeep((error as DrowseError).cause)) throw error;
    return encode(undraft(value), what);
  }
}

function cancelled(): DrowseError {
  return new DrowseError(
    'ERR_DROWSE_ABORTED',
    'The turn was cancelled by its caller, its deadline, or the host closing.',
  );
}
