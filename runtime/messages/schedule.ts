import { nextCronTime } from '../../core/cron.ts';
import type { Alarm, Step } from '../../storage/messages.ts';
import type { AlarmOrder, When } from '../../workers/protocol.ts';

/** The alarms of one agent, by name, and the steps that store each change of them. Times are milliseconds since 1970. */
export class Schedule {
  readonly #agentId: string;
  readonly #alarms: Map<string, Alarm>;
  readonly #nextNumber: () => number;
  /** When the first is due, where that is known. */
  #earliest: number | undefined;

  constructor(agentId: string, alarms: readonly Alarm[], nextNumber: () => number) {
    this.#agentId = agentId;
    this.#alarms = new Map(alarms.map((alarm) => [alarm.name, alarm]));
    this.#nextNumber = nextNumber;
  }

  get empty(): boolean {
    return this.#alarms.size === 0;
  }

  /** Those that are due, the one that is so for longest first. */
  due(now: number): Alarm[] {
    this.#earliest ??= Math.min(...[...this.#alarms.values()].map(({ at }) => at));
    if (now < this.#earliest) return NONE;
    return [...this.#alarms.values()].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at || a.number - b.number);
  }

  /** What a turn orders: alarms set, which replaces one of the same name, and alarms cancelled. */
  order(orders: readonly AlarmOrder[], now: number): Step[] {
    return orders.flatMap((order) => {
      const before = this.#alarms.get(order.name);
      const at = 'when' in order ? firstTime(order.when, now) : undefined;
      const settled: Step[] = before ? [{ kind: 'settle', agentId: this.#agentId, number: before.number }] : [];
      if (!('when' in order) || at === undefined) return before ? [...settled, this.#remove(before)] : [];
      const alarm = { name: order.name, number: this.#nextNumber(), at, body: order.body, ...repetition(order.when) };
      return [...settled, this.#set(alarm, before)];
    });
  }

  /**
   * What stores that the turn of an alarm is over, for good or ill: it is due again where it repeats, at its next time from
   * `now` on, however many were missed. One that was replaced or cancelled meanwhile stays so.
   */
  over(alarm: Alarm, now: number): Step[] {
    if (this.#alarms.get(alarm.name)?.number !== alarm.number) return [];
    const { name, at: was } = alarm;
    const at = nextTime(alarm, now);
    if (at === undefined) return [{ kind: 'unalarm', agentId: this.#agentId, name, was }];
    const again = { ...alarm, at, number: this.#nextNumber() };
    return [{ kind: 'alarm', agentId: this.#agentId, alarm: again, was }];
  }

  /** Takes over what {@link over} has said of an alarm, unless it was replaced or cancelled meanwhile. */
  apply(alarm: Alarm, steps: readonly Step[]): void {
    if (this.#alarms.get(alarm.name)?.number !== alarm.number) return;
    for (const step of steps) {
      if (step.kind === 'alarm') this.#set(step.alarm, alarm);
      else if (step.kind === 'unalarm') this.#remove(alarm);
    }
  }

  #set(alarm: Alarm, before: Alarm | undefined): Step {
    this.#alarms.set(alarm.name, alarm);
    this.#earliest = undefined;
    return { kind: 'alarm', agentId: this.#agentId, alarm, ...(before && { was: before.at }) };
  }

  #remove({ name, at: was }: Alarm): Step {
    this.#alarms.delete(name);
    this.#earliest = undefined;
    return { kind: 'unalarm', agentId: this.#agentId, name, was };
  }
}

const NONE: Alarm[] = [];

function firstTime(when: When, now: number): number | undefined {
  if ('at' in when) return Math.max(0, Math.ceil(when.at));
  if ('inMs' in when) return Math.ceil(now + when.inMs);
  if ('every' in when) return Math.ceil(now + when.every);
  return nextCronTime(when.cron, when.timezone, now);
}

function nextTime({ at, every, cron, timezone }: Alarm, now: number): number | undefined {
  // From the time it was due, so that it does not drift; the ones that were missed are passed over.
  if (every !== undefined) return Math.ceil(at + every * Math.max(1, Math.floor((now - at) / every) + 1));
  return cron === undefined ? undefined : nextCronTime(cron, timezone, Math.max(now, at));
}

function repetition(when: When): Pick<Alarm, 'every' | 'cron' | 'timezone'> {
  if ('every' in when) return { every: when.every };
  if (!('cron' in when)) return {};
  return { cron: when.cron, ...(when.timezone !== undefined && { timezone: when.timezone }) };
}
