import t, { type Test } from 'tap';
import type { Journal, Store, Stored } from '../../storage/store.ts';
import { bytes, text } from './contract.ts';
import { failWrites, levelStore } from './level-disk.ts';

/** What an agent may be read as: any state from the last acknowledged one to the last one asked for. */
class Model {
  #states: string[] = ['undefined'];
  #acknowledged = 0;

  get latest(): { snapshot: string; records: string[]; sequence: number } | undefined {
    const state = this.#states.at(-1) as string;
    return state === 'undefined' ? undefined : JSON.parse(state);
  }

  expect(state: Model['latest'], write: Promise<unknown>): Promise<void> {
    const index = this.#states.push(String(JSON.stringify(state))) - 1;
    return write.then(() => {
      this.#acknowledged = Math.max(this.#acknowledged, index);
    });
  }

  /** Undefined where it was read as it may be, which then is what it is. */
  wrong(stored: Stored | undefined): object | undefined {
    const state = String(JSON.stringify(text(stored)));
    const allowed = this.#states.slice(this.#acknowledged);
    if (!allowed.includes(state)) return { state, allowed };
    this.#states = [state];
    this.#acknowledged = 0;
    return undefined;
  }
}

for (let seed = 1; seed <= 6; seed += 1) {
  t.test(`whatever writes fail, no agent falls behind its last acknowledged write (seed ${seed})`, (t) => run(t, seed));
}

async function run(t: Test, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const under = await levelStore(t);
  let store: Store = under.store;
  const models = new Map(['a/1', 'a/2', 'b/1'].map((id) => [id, new Model()]));
  const journals = new Map<string, Journal>();
  const pending = new Set<Promise<unknown>>();
  const failed = (error: { code?: string }) => {
    if (error.code !== 'ERR_DROWSE_STORE_FAILED') t.fail('an unexpected error', { error });
    journals.clear();
  };
  const write = (model: Model, state: Model['latest'], promise: Promise<unknown>) => {
    const done = model
      .expect(state, promise)
      .catch(failed)
      .finally(() => pending.delete(done));
    pending.add(done);
  };
  const check = async (id: string, stored: Stored | undefined) => {
    const wrong = models.get(id)?.wrong(stored);
    if (wrong) t.fail(`${id} was read as it may not be`, wrong);
  };
  for (let step = 0; step < 1_500; step += 1) {
    const [id, model] = [...models][Math.floor(random() * models.size)] as [string, Model];
    const journal = journals.get(id);
    const { latest } = model;
    const dice = random();
    const mend = random() < 0.03 ? failWrites(t, random() < 0.5 ? 'lost' : 'written') : undefined;
    if (!journal) {
      await store.open(id).then(async (opened) => {
        await check(id, opened.stored);
        journals.set(id, opened.journal);
      }, failed);
    } else if (dice < 0.02) {
      journals.delete(id);
      write(model, undefined, store.delete(id));
    } else if (dice < 0.04) {
      journals.delete(id);
      journal.close();
    } else if (dice < 0.05) {
      await Promise.all(pending);
      journals.clear();
      mend?.();
      store = await under.reopen();
      for (const id of models.keys()) await check(id, await store.read(id));
      t.equal(store.total, [...models.values()].filter(({ latest }) => latest).length);
    } else if (dice < 0.25 || !latest) {
      const sequence = latest ? latest.sequence + Math.floor(random() * 2) : 1;
      const state = { snapshot: `snapshot ${step}`, records: [], sequence };
      write(model, state, journal.snapshot(sequence, bytes(state.snapshot)));
    } else {
      const records = [...latest.records, `record ${step}`];
      write(model, { ...latest, records, sequence: latest.sequence + 1 }, journal.append(bytes(`record ${step}`)));
    }
    if (random() < 0.2) await Promise.race([...pending, undefined]);
    if (random() < 0.05) await Promise.all(pending);
    mend?.();
  }
  await Promise.all(pending);
  store = await under.reopen();
  for (const id of models.keys()) await check(id, await store.read(id));
  t.pass('to the end');
}

/** Pseudo-random numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
