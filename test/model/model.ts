import type { Moment } from './history.ts';
import type { Act, AgentName, Message, When } from './program.ts';

/** A message that an agent was given; or may have been, if it is not `sure`. */
export interface Given {
  readonly message: Message;
  readonly sure: boolean;
  /** Messages of one origin are processed in the order they were given in; undefined where that is not known. */
  readonly origin?: string | undefined;
  /** When a client called for it, or for what led to it. */
  readonly since: Moment;
  /** By when the agent had it; Infinity where that is not known. */
  readonly until: Moment;
  /** By when its turn was known to be on disk. */
  readonly answered?: Moment | undefined;
  /** Of an alarm. */
  readonly when?: When;
}

interface Alarm extends Given {
  readonly name: string;
  readonly when: When;
  readonly at: number;
  rung: number;
}

/** What agents do where nothing is lost, doubled or done by halves. The last delete of each is known from the beginning. */
export class Model {
  readonly waiting = { a: new Map<string, Given>(), b: new Map<string, Given>(), c: new Map<string, Given>() };
  readonly alarms = { a: new Map<string, Alarm>(), b: new Map<string, Alarm>(), c: new Map<string, Alarm>() };
  /** All that any agent may have had at some time. */
  readonly given = new Set<string>();
  readonly #born: (agent: AgentName) => Moment;
  readonly #mayBeGone: (message: Message) => boolean;

  /** When the last delete made an agent a new one; whether the turn of a message may have gone with the former one. */
  constructor(born: (agent: AgentName) => Moment, mayBeGone: (message: Message) => boolean) {
    this.#born = born;
    this.#mayBeGone = mayBeGone;
  }

  give(agent: AgentName, given: Given): void {
    const isOld = given.since < this.#born(agent);
    this.given.add(given.message.token);
    if (isOld) this.#haunt(given, given.answered !== undefined);
    if (given.until < this.#born(agent)) return;
    this.waiting[agent].set(given.message.token, { ...given, sure: given.sure && !isOld });
  }

  /** The turn of a message commits, at a time; returns what it was, or undefined if there can be none now. */
  commit(agent: AgentName, token: string, at: number): Given | undefined {
    const done = this.#ring(agent, token, at) ?? this.#take(agent, token);
    for (const act of done?.message.acts ?? []) {
      if (act.do === 'cancel') this.alarms[agent].delete(act.name);
      if (act.do === 'tell') this.give(act.to, { ...led(act, done as Given), origin: `tells of ${agent}` });
      if (act.do !== 'alarm') continue;
      this.given.add(act.message.token);
      this.alarms[agent].set(act.name, { ...led(act, done as Given), ...act, at, rung: 0 });
    }
    return done;
  }

  /** A message is given up. The later times of an alarm that repeats are yet to come. */
  bury(agent: AgentName, token: string): Given | undefined {
    const alarm = this.#alarm(agent, token);
    const dead = alarm ?? this.waiting[agent].get(token);
    if (alarm && 'inMs' in alarm.when) this.alarms[agent].delete(alarm.name);
    this.waiting[agent].delete(token);
    return dead;
  }

  /** What an agent that was deleted may have told before. */
  #haunt(gone: Given, sure: boolean): void {
    this.given.add(gone.message.token);
    if (!this.#mayBeGone(gone.message)) return;
    for (const act of gone.message.acts) {
      if (act.do === 'tell') this.give(act.to, { ...led(act, gone), sure });
      if (act.do === 'alarm') this.#haunt(led(act, gone), false);
    }
  }

  #alarm(agent: AgentName, token: string): Alarm | undefined {
    return [...this.alarms[agent].values()].find(({ message }) => message.token === token);
  }

  #ring(agent: AgentName, token: string, at: number): Alarm | undefined {
    const alarm = this.#alarm(agent, token);
    if (!alarm) return undefined;
    alarm.rung += 1;
    if ('inMs' in alarm.when) this.alarms[agent].delete(alarm.name);
    const due = alarm.at + ('inMs' in alarm.when ? alarm.when.inMs : alarm.when.every * alarm.rung);
    return at < due ? undefined : alarm;
  }

  /** Takes a message out of those that wait, unless an earlier one has to be before it. */
  #take(agent: AgentName, token: string): Given | undefined {
    const given = this.waiting[agent].get(token);
    const waiting = [...this.waiting[agent].values()];
    const earlier = given?.origin ? waiting.slice(0, waiting.indexOf(given)) : [];
    const before = earlier.filter(({ origin }) => origin === given?.origin);
    if (before.some(({ sure }) => sure)) return undefined;
    for (const skipped of before) this.waiting[agent].delete(skipped.message.token);
    this.waiting[agent].delete(token);
    return given;
  }
}

function led({ message }: Act & { message: Message }, { since, answered }: Given): Given {
  return { message, sure: true, since, until: answered ?? Number.POSITIVE_INFINITY };
}
