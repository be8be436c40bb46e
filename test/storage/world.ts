import type { Alarm, Step } from '../../storage/messages.ts';
import type { Store } from '../../storage/store.ts';
import { text } from './contract.ts';
import { collect, readable } from './steps.ts';

type State = ReturnType<typeof text>;

/** What one agent should be. */
interface Being {
  state: State;
  inbox: Map<number, string>;
  notes: Set<number>;
  alarms: Map<string, Pick<Alarm, 'number' | 'at'>>;
}

/** A write, in the order of the calls. */
interface Write {
  readonly apply: () => void;
  /** Whether a write that was not acknowledged was made all the same. */
  readonly isThere: () => boolean | Promise<boolean>;
  acknowledged: boolean;
}

/** Where each write that has steps leaves word that it was made: with an answer, which nobody deletes. */
const LOG = 'log/book';

/**
 * What a store should hold after some writes, of which those that failed were made or were not. It is told of them as they
 * are called, and looks only when none is under way.
 */
export class World {
  readonly #beings = new Map<string, Being>();
  #writes: Write[] = [];
  #count = 0;
  #store: Store;

  constructor(store: Store, ids: readonly string[]) {
    this.#store = store;
    for (const id of ids) {
      this.#beings.set(id, { state: undefined, inbox: new Map(), notes: new Set(), alarms: new Map() });
    }
  }

  /** Makes a write of steps, and of a state where there is one. */
  write(agentId: string, state: State, steps: Step[], make: (steps: readonly Step[]) => Promise<void>): Promise<void> {
    this.#count += 1;
    const key = `${this.#count}`;
    const number = this.#store.messages.nextNumber();
    // Nor is it ever old enough to be forgotten.
    const answer = { key, number, at: Number.MAX_SAFE_INTEGER, fingerprint: '' };
    const apply = () => {
      if (state) this.#being(agentId).state = state;
      for (const step of steps) this.#take(step);
    };
    const isThere = () => this.#store.messages.answer(LOG, key) !== undefined;
    return this.#follow(
      { apply, isThere, acknowledged: false },
      make([...steps, { kind: 'answer', agentId: LOG, answer }]),
    );
  }

  /** Nothing else may be done with the agent, until the next look, if it fails. */
  delete(agentId: string): Promise<void> {
    const before = this.#store.messages.nextNumber();
    const apply = () => {
      const being = this.#being(agentId);
      being.state = undefined;
      being.notes = new Set([...being.notes].filter((number) => number >= before));
      being.inbox = new Map([...being.inbox].filter(([number]) => number >= before));
      being.alarms = new Map([...being.alarms].filter(([, { number }]) => number >= before));
    };
    const isThere = async () => {
      const { messages, alarms, notes } = await this.#store.messages.pending(agentId, { limit: 10_000 });
      const numbers = [...messages, ...alarms, ...notes].map(({ number }) => number);
      return (await this.#store.read(agentId)) === undefined && numbers.every((number) => number >= before);
    };
    return this.#follow({ apply, isThere, acknowledged: false }, this.#store.delete(agentId, before));
  }

  /** Undefined where the store is as it should be. */
  async look(store: Store): Promise<object | undefined> {
    this.#store = store;
    // After a failed write answers can be read once something else was.
    await store.read(LOG);
    for (const write of this.#writes) {
      if (write.acknowledged || (await write.isThere())) write.apply();
    }
    this.#writes = [];
    const [should, is] = [this.#described(), await this.#read()];
    return JSON.stringify(should) === JSON.stringify(is) ? undefined : { should, is };
  }

  async #follow(write: Write, made: Promise<unknown>): Promise<void> {
    this.#writes.push(write);
    await made;
    write.acknowledged = true;
  }

  #take(step: Step): void {
    const being = this.#being(step.agentId);
    if (step.kind === 'tell') being.inbox.set(step.told.number, readable(step.told.body));
    else if (step.kind === 'note') being.notes.add(step.notes.number);
    else if (step.kind === 'settle') {
      being.inbox.delete(step.number);
      being.notes.delete(step.number);
    } else if (step.kind === 'alarm') being.alarms.set(step.alarm.name, step.alarm);
    else if (step.kind === 'unalarm') being.alarms.delete(step.name);
  }

  #being(agentId: string): Being {
    return this.#beings.get(agentId) as Being;
  }

  #described(): object {
    const beings = [...this.#beings].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      total: beings.filter(([, { state }]) => state).length,
      waiting: beings.filter(([, { inbox }]) => inbox.size > 0).map(([id]) => id),
      due: beings
        .flatMap(([id, { alarms }]) => [...alarms].map(([name, { at }]) => ({ at, name: `${id} ${name}` })))
        .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1)),
      beings: beings.map(([id, { state, inbox, notes, alarms }]) => ({
        id,
        state,
        inbox: [...inbox].sort(([a], [b]) => a - b),
        notes: [...notes].sort((a, b) => a - b),
        alarms: [...alarms].map(([name, { number, at }]) => ({ name, number, at })).sort(byName),
      })),
    };
  }

  async #read(): Promise<object> {
    const { messages } = this.#store;
    const beings = [];
    for (const id of [...this.#beings.keys()].sort()) {
      const pending = await messages.pending(id, { limit: 10_000 });
      beings.push({
        id,
        state: text(await this.#store.read(id)),
        inbox: pending.messages.map(({ number, body }): [number, string] => [number, readable(body)]),
        notes: pending.notes.map(({ number }) => number),
        alarms: pending.alarms.map(({ name, number, at }) => ({ name, number, at })).sort(byName),
      });
    }
    const due = await collect(messages.due(0, Number.POSITIVE_INFINITY));
    return {
      total: this.#store.total,
      waiting: await collect(messages.waiting()),
      due: due.map(({ at, agentId, name }) => ({ at, name: `${agentId} ${name}` })),
      beings,
    };
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
