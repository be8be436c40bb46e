import type { Clock } from '../../core/clock.ts';
import type { Deadline } from '../../core/deadlines.ts';
import type { Logger } from '../../core/log.ts';
import type { Timers } from '../../core/timers.ts';
import type { Messages } from '../../storage/messages.ts';

/** The wall clock may be set: it is looked at this often at least. */
const LOOK_MS = 60_000;
/** After this long alarms that could not be read are looked for again. */
const RETRY_MS = 1_000;

export interface AlarmClockOptions {
  readonly messages: Pick<Messages, 'due'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  /** Wakes an agent for its alarm; resolves when the next may be woken. */
  readonly wake: (agentId: string) => Promise<void>;
}

/**
 * One timer for the alarms of all agents, asleep or awake: it knows the time of the next, and finds whose it is on disk. An
 * agent that was woken sees to its alarms itself.
 */
export class AlarmClock {
  readonly #options: AlarmClockOptions;
  /** All that is due before is in the hands of its agents. */
  #from = 0;
  #next: { readonly at: number; readonly deadline: Deadline } | undefined;
  #ringing = false;
  /** The earliest that was set while it rang. */
  #meanwhile: number | undefined;
  #stopped = false;

  constructor(options: AlarmClockOptions) {
    this.#options = options;
  }

  /** Begins with what came due while nobody looked. */
  start(): void {
    this.#arm(0);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#next) this.#options.timers.cancel(this.#next.deadline);
  }

  /** An alarm was set and is on disk. */
  set(at: number): void {
    this.#from = Math.min(this.#from, at);
    if (this.#ringing) this.#meanwhile = Math.min(this.#meanwhile ?? at, at);
    else this.#arm(at);
  }

  #arm(at: number): void {
    const { clock, timers } = this.#options;
    if (this.#stopped || (this.#next && this.#next.at <= at)) return;
    if (this.#next) timers.cancel(this.#next.deadline);
    const wait = Math.min(LOOK_MS, Math.max(0, at - clock.now()));
    this.#next = { at, deadline: timers.add(wait, () => void this.#ring()) };
  }

  /** Wakes all whose alarms are due, then waits for the next. */
  async #ring(): Promise<void> {
    this.#next = undefined;
    this.#ringing = true;
    const { messages, clock, wake, log } = this.#options;
    const now = clock.now();
    // A clock that was set back makes what was due wait again.
    const from = now + 1 < this.#from ? 0 : this.#from;
    this.#from = now + 1;
    try {
      for await (const { at, agentId } of messages.due(from, MAX_TIME)) {
        if (this.#stopped) return;
        if (at > now) {
          this.#meanwhile = Math.min(this.#meanwhile ?? at, at);
          break;
        }
        await wake(agentId);
      }
    } catch (err) {
      if (this.#stopped) return;
      log.warn({ err }, 'alarms could not be read');
      this.#from = Math.min(this.#from, from);
      this.#meanwhile = clock.now() + RETRY_MS;
    } finally {
      this.#ringing = false;
    }
    if (this.#meanwhile !== undefined) this.#arm(this.#meanwhile);
    this.#meanwhile = undefined;
  }
}

/** What a key on disk has room for. */
const MAX_TIME = 2 ** 47;
