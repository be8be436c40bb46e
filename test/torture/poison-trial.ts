import { existsSync } from 'node:fs';
import type { DeadLetter } from 'drowse';
import { eventually } from '../eventually.ts';
import type { Order } from '../fixtures/torture-suspect.ts';
import { Connection, LedgerHost, Refused } from './ledger-client.ts';
import { type Line, readJournal } from './poison-journal.ts';

/** What is told, and to whom. */
export interface Cast {
  /** Agents that are told what ends the whole host. */
  readonly poisons: Readonly<Record<string, 'die' | 'dieLater'>>;
  /** Agents that are in the middle of a turn as the poison is told. */
  readonly suspects: readonly string[];
  /** Agents that are told something harmless at the same time, each `tells` times. */
  readonly bystanders: readonly string[];
  readonly tells: number;
}

export interface Outcome {
  /** How often the host ended. */
  readonly deaths: number;
  readonly letters: DeadLetter[];
  /** How many turns each agent has committed. */
  readonly done: Record<string, number>;
  readonly lines: Line[];
}

/** A message that is told under a key until that is acknowledged, by whatever host there is. */
class Message {
  readonly agent: string;
  readonly #order: Order;
  readonly #key: string;
  readonly #connection = new Connection();
  #told = false;

  constructor(agent: string, order: Order, key: string) {
    this.agent = agent;
    this.#order = order;
    this.#key = key;
  }

  async tell(host: LedgerHost): Promise<void> {
    if (this.#told) return;
    await this.#connection.ask(host, `/tell/${this.agent}`, this.#order, this.#key);
    this.#told = true;
    this.#connection.close();
  }
}

/** Tells them all, starts the host again as often as it ends, and resolves once nothing waits any more. */
export async function tryPoison(directory: string, file: string, cast: Cast): Promise<Outcome> {
  const { poisons, suspects, bystanders, tells } = cast;
  let host = new LedgerHost(directory, { maxAttempts: 3 });
  let deaths = 0;
  try {
    const first = suspects.map((agent) => new Message(agent, { do: 'hold', file }, 'one'));
    for (const message of first) await message.tell(host);
    await eventually('all suspects are in the middle of a turn', () => begun(file) === suspects.length);
    const messages = Object.entries(poisons).map(([agent, end]) => new Message(agent, { do: end, file }, 'one'));
    for (let n = 0; n < tells; n += 1) {
      for (const agent of bystanders) messages.push(new Message(agent, { do: 'work', file }, `${n}`));
    }
    const all = new Set([...messages.map(({ agent }) => agent), ...suspects]);
    while (!(await survives(host, messages, all))) {
      await host.gone;
      deaths += 1;
      host = new LedgerHost(directory, { maxAttempts: 3 });
    }
    const done: Record<string, number> = {};
    for (const agent of all) done[agent] = (await host.inspect<{ done: number }>(agent))?.state?.done ?? 0;
    return { deaths, letters: await host.deadLetters(), done, lines: readJournal(file) };
  } finally {
    host.kill();
    await host.gone;
  }
}

function begun(file: string): number {
  return existsSync(file) ? readJournal(file).filter(({ what }) => what === 'begin').length : 0;
}

/** Tells what is not told yet, and resolves once no agent has anything to do; false where the host ends before. */
async function survives(host: LedgerHost, messages: readonly Message[], agents: ReadonlySet<string>): Promise<boolean> {
  try {
    await Promise.all(messages.map((message) => message.tell(host)));
    for (const agent of agents) await eventually(`${agent} is done`, () => isDone(host, agent));
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === 'DIED') return false;
    throw error;
  }
}

async function isDone(host: LedgerHost, agent: string): Promise<boolean> {
  const { waiting = 0, alarms = [] } = (await host.inspect(agent))?.inbox ?? {};
  return waiting === 0 && alarms.length === 0;
}
