import t, { type Test } from 'tap';
import type { Alarm, Step } from '../../storage/messages.ts';
import type { Journal, Opened, Store } from '../../storage/store.ts';
import { Random } from '../random.ts';
import { bytes, text } from './contract.ts';
import { examine } from './examine.ts';
import { failWrites, levelStore } from './level-disk.ts';
import { note, settle, stepsFor } from './steps.ts';
import { World } from './world.ts';

const IDS = ['a/1', 'a/2', 'b/1'];
/** As in `FAULT_SEEDS=7+100`: from the seventh on, a hundred of them. */
const [FIRST = 1, COUNT = 6] = (process.env.FAULT_SEEDS ?? '').split('+').filter(Boolean).map(Number);

/** An agent that is held, as its holder sees it. */
interface Held {
  readonly journal: Journal;
  state: ReturnType<typeof text>;
  readonly inbox: number[];
  readonly alarms: Map<string, Alarm>;
}

class Run {
  readonly #t: Test;
  readonly #random: Random;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #held = new Map<string, Held>();
  /** Agents whose delete failed: what became of it is found out before anything is built on it. */
  readonly #unknown = new Set<string>();

  constructor(t: Test, seed: number) {
    this.#t = t;
    this.#random = new Random(seed);
  }

  async toTheEnd(): Promise<void> {
    const under = await levelStore(this.#t);
    let store: Store = under.store;
    const world = new World(store, IDS);
    let mend: (() => void) | undefined;
    for (let step = 0; step < 1_000; step += 1) {
      if (this.#chance(4)) mend ??= failWrites(this.#t, this.#chance(50) ? 'lost' : 'written');
      await this.#step(store, world, step);
      if (this.#chance(20)) await Promise.race([...this.#pending, undefined]);
      if (this.#chance(5)) await Promise.all(this.#pending);
      if (mend && this.#chance(50)) mend = mend() as undefined;
      if (!this.#chance(4)) continue;
      mend = mend?.() as undefined;
      await Promise.all(this.#pending);
      if (this.#chance(50)) {
        this.#held.clear();
        store = await under.reopen();
      }
      await this.#look(world, store);
    }
    mend?.();
    await Promise.all(this.#pending);
    await this.#look(world, await under.reopen());
    await (await under.reopen()).close();
    this.#t.match(await examine(under.directory), { findings: 0 });
  }

  async #look(world: World, store: Store): Promise<void> {
    const wrong = await world.look(store);
    if (wrong) this.#t.fail('the store is as it may not be', wrong);
    this.#unknown.clear();
  }

  async #step(store: Store, world: World, step: number): Promise<void> {
    const id = this.#random.pick(IDS.filter((id) => !this.#unknown.has(id)).concat('c/outside'));
    if (id === 'c/outside') return this.#follow(this.#tellFromOutside(store, world, step));
    const held = this.#held.get(id);
    if (!held) return this.#hold(id, store);
    if (this.#chance(2)) {
      this.#held.delete(id);
      this.#unknown.add(id);
      return this.#follow(world.delete(id).then(() => void this.#unknown.delete(id)));
    }
    if (this.#chance(2)) {
      this.#held.delete(id);
      return held.journal.close();
    }
    this.#follow(this.#write(id, held, store, world, step));
  }

  #tellFromOutside({ messages }: Store, world: World, step: number): Promise<void> {
    const { tell } = stepsFor(messages);
    const lightly = this.#chance(30);
    const target = this.#random.pick(IDS);
    return world.write(target, undefined, [tell(target, `${step}`)], (steps) => messages.write(steps, { lightly }));
  }

  async #hold(id: string, store: Store): Promise<void> {
    const opened = await store.open(id).catch((error) => this.#fail(error));
    if (opened) this.#held.set(id, heldFrom(opened));
  }

  #write(id: string, held: Held, store: Store, world: World, step: number): Promise<void> {
    const { journal, state } = held;
    const steps = this.#steps(id, held, store, step);
    if (state && this.#chance(15)) return world.write(id, undefined, steps, (steps) => journal.write(steps));
    if (!state || this.#chance(20)) {
      const sequence = state ? state.sequence + this.#random.below(2) : 1;
      held.state = { snapshot: `snapshot ${step}`, records: [], sequence };
      return world.write(id, held.state, steps, (steps) =>
        journal.snapshot(sequence, bytes(`snapshot ${step}`), steps),
      );
    }
    held.state = { ...state, records: [...state.records, `record ${step}`], sequence: state.sequence + 1 };
    return world.write(id, held.state, steps, (steps) => journal.append(bytes(`record ${step}`), steps));
  }

  #steps(id: string, { inbox, alarms }: Held, { messages }: Store, step: number): Step[] {
    const { tell, alarm } = stepsFor(messages);
    const steps: Step[] = [];
    while (this.#chance(40)) steps.push(tell(this.#random.pick(IDS), `${step}`, { chain: [id] }));
    const [oldest] = inbox;
    if (oldest !== undefined && this.#chance(60)) {
      if (this.#chance(50)) steps.push(note(id, oldest));
      else steps.push(settle(id, inbox.shift() as number));
    }
    const name = this.#random.pick(['daily', 'hourly', 'once']);
    const was = alarms.get(name);
    const dice = this.#random.below(100);
    if (dice < 20) {
      const set = alarm(id, name, this.#random.below(5), was && { was: was.at });
      alarms.set(name, set.alarm);
      steps.push(set);
    } else if (was && dice < 40) {
      alarms.delete(name);
      steps.push({ kind: 'unalarm', agentId: id, name, was: was.at });
    }
    return steps;
  }

  #follow(write: Promise<void>): void {
    const done = write.catch((error) => this.#fail(error)).finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  #fail(error: { code?: string }): undefined {
    if (error.code !== 'ERR_DROWSE_STORE_FAILED') this.#t.fail('an unexpected error', { error });
    // Who holds an agent whose write failed is refused from then on; the others may go on, or be opened anew.
    if (this.#chance(20)) this.#held.clear();
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }
}

function heldFrom({ journal, stored, pending }: Opened): Held {
  const alarms = new Map(pending.alarms.map((alarm) => [alarm.name, alarm]));
  return { journal, state: text(stored), inbox: pending.messages.map(({ number }) => number), alarms };
}

for (let seed = FIRST; seed < FIRST + COUNT; seed += 1) {
  t.test(`whatever writes fail, nothing acknowledged is missing and nothing is half there (seed ${seed})`, (t) =>
    new Run(t, seed).toTheEnd(),
  );
}
