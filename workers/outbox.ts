import { bytesOf } from '../core/codec.ts';
import { nextCronTime } from '../core/cron.ts';
import { DrowseError } from '../core/errors.ts';
import { packMessage } from '../core/pack-message.ts';
import type { AlarmTime } from './define-agent.ts';
import { packOutward } from './outward.ts';
import type { AlarmOrder, Effects, Tell, When } from './protocol.ts';
import { addressOf, type Reach } from './reach.ts';

/** Longest interval and delay, in milliseconds: what a time has room for on disk. */
const MAX_MS = 100 * 365 * 24 * 3_600_000;
const MAX_NAME_BYTES = 512;
/** How many messages one turn may tell, and alarms set: its record is written in one piece. */
const MAX_EFFECTS = 10_000;
const CONTROL = /\p{Cc}/u;

/** What one turn tells and sets. It is handed out with the turn's change, or dropped with it. */
export class Outbox {
  readonly #reach: Reach;
  readonly #tells: Tell[] = [];
  readonly #alarms: AlarmOrder[] = [];
  #bytes = 0;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  get effects(): Effects | undefined {
    if (this.#tells.length === 0 && this.#alarms.length === 0) return undefined;
    return { tells: this.#tells, alarms: this.#alarms };
  }

  /** Puts what an earlier outbox held before what this one holds. */
  carry({ tells, alarms }: Effects): void {
    this.#tells.unshift(...tells);
    this.#alarms.unshift(...alarms);
  }

  tell(agentId: string, message: unknown): void {
    this.#tells.push({ to: addressOf(agentId, this.#reach), body: this.#body(message) });
  }

  alarm(time: AlarmTime, message: unknown, name: string): string {
    mustBeName(name);
    this.#alarms.push({ name, when: whenOf(time), body: this.#body(message) });
    return name;
  }

  cancelAlarm(name: string): void {
    mustBeName(name);
    this.#mustHaveRoom(0);
    this.#alarms.push({ name, cancel: true });
  }

  #body(message: unknown): Uint8Array {
    const body = bytesOf(packMessage(message, this.#reach, packOutward));
    this.#mustHaveRoom(body.length);
    this.#bytes += body.length;
    return body;
  }

  #mustHaveRoom(bytes: number): void {
    const { maxMessageBytes } = this.#reach;
    if (this.#bytes + bytes <= maxMessageBytes && this.#tells.length + this.#alarms.length < MAX_EFFECTS) return;
    const text = `What one turn tells and sets may be ${MAX_EFFECTS} messages, of ${maxMessageBytes} bytes together (maxMessageMb). Go on in another turn.`;
    throw new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text);
  }
}

/** A name that no other alarm has. */
export function freshName(): string {
  return `alarm-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
}

/** Throws `ERR_DROWSE_INVALID_OPTIONS` for what is no time, or one that never comes. */
function whenOf(time: AlarmTime): When {
  if (time instanceof Date)
    return { at: mustBeMs('the date of an alarm', time.getTime(), Number.MAX_SAFE_INTEGER / 64) };
  if (typeof time === 'number') return { inMs: mustBeMs('the delay of an alarm', time, MAX_MS) };
  if (typeof time === 'object' && time !== null) {
    if ('every' in time) return { every: mustBeMs('the interval of an alarm', time.every, MAX_MS, 1) };
    if ('cron' in time) return cronOf(time);
  }
  throw invalid('an alarm takes a Date, a number of milliseconds, { every } or { cron }');
}

function cronOf({ cron, timezone }: { cron: string; timezone?: string }): When {
  let next: number | undefined;
  try {
    next = nextCronTime(cron, timezone, Date.now());
  } catch (cause) {
    throw invalid(`${JSON.stringify(cron)} is no cron expression: ${(cause as Error).message}`);
  }
  if (next === undefined) throw invalid(`the cron expression ${JSON.stringify(cron)} names no time to come`);
  return { cron, ...(timezone !== undefined && { timezone }) };
}

function mustBeMs(what: string, value: unknown, max: number, min = 0): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalid(`${what} must be a number of milliseconds from ${min} to ${max}, not ${String(value)}`);
}

function mustBeName(name: unknown): void {
  const good = typeof name === 'string' && name !== '' && !CONTROL.test(name) && name.isWellFormed();
  if (good && Buffer.byteLength(name) <= MAX_NAME_BYTES) return;
  throw invalid(`the name of an alarm must be a text of 1 to ${MAX_NAME_BYTES} bytes without control characters`);
}

function invalid(why: string): DrowseError {
  return new DrowseError('ERR_DROWSE_INVALID_OPTIONS', `Invalid alarm: ${why}.`);
}
