import type { Logger } from '../../core/log.ts';
import type { Timers } from '../../core/timers.ts';
import { Turnstile } from '../../core/turnstile.ts';
import type { Messages } from '../../storage/messages.ts';

/** What is asked of an agent that has something durable to do. */
interface Reminded {
  remind(of: 'alarm' | 'anything'): void;
  quiet(): Promise<void>;
  passivate(reason: 'idle'): Promise<void>;
}

/** For this long the next waits at most for one that was woken before. */
const PATIENCE_MS = 2_000;
/** After this long inboxes that could not be read are looked for again. */
const RETRY_MS = 1_000;

export interface WakerOptions {
  readonly messages: Pick<Messages, 'waiting'>;
  readonly log: Logger;
  readonly timers: Timers;
  /** The agent, made if it was asleep; undefined where there can be none. */
  readonly find: (agentId: string) => Reminded | undefined;
  /** How many agents are awake for it at a time. */
  readonly limit: number;
}

/**
 * Wakes agents for what is durable, a few at a time: however many have something to do after a restart, or at midnight,
 * they do not fill the memory all at once. An agent that others wait behind is put to sleep when it is done.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #turnstile: Turnstile;
  #stopped = false;
  #resuming = false;

  constructor(options: WakerOptions) {
    this.#options = options;
    this.#turnstile = new Turnstile(options.limit);
  }

  stop(): void {
    this.#stopped = true;
    this.#turnstile.open();
  }

  /** Reminds an agent of what it has to do. Resolves once the next may be reminded, which is before it is done. */
  async wake(agentId: string, of: 'alarm' | 'anything'): Promise<void> {
    const turn = this.#turnstile.enter();
    if (turn) await turn;
    if (!this.#stopped) void this.#serve(agentId, of);
  }

  /** Wakes all that have messages in their inboxes; again after a failure of the store, when nobody may have been told. */
  async resume(): Promise<void> {
    if (this.#resuming) return;
    this.#resuming = true;
    const { messages, log, timers } = this.#options;
    for (let done = false; !done && !this.#stopped; ) {
      try {
        for await (const agentId of messages.waiting()) {
          await this.wake(agentId, 'anything');
          if (this.#stopped) break;
        }
        done = true;
      } catch (err) {
        if (this.#stopped) break;
        log.warn({ err }, 'inboxes could not be read');
        await new Promise<void>((resolve) => timers.add(RETRY_MS, resolve));
      }
    }
    this.#resuming = false;
  }

  /** Waits for an agent, but not for ever: its turns may take long, and others wait to be woken. */
  async #patiently(quiet: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = this.#options.timers.add(PATIENCE_MS, resolve);
    await Promise.race([quiet, promise]);
    this.#options.timers.cancel(late);
  }

  async #serve(agentId: string, of: 'alarm' | 'anything'): Promise<void> {
    const { log, find } = this.#options;
    try {
      const agent = find(agentId);
      agent?.remind(of);
      if (agent) await this.#patiently(agent.quiet());
      if (this.#turnstile.waiting > 0) void agent?.passivate('idle');
    } catch (err) {
      if (!this.#stopped) log.warn({ agentId, err }, 'an agent could not be woken for what waits for it');
    } finally {
      this.#turnstile.leave();
    }
  }
}
