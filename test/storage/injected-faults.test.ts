import t, { type Test } from 'tap';
import { DrowseError } from '../../core/errors.ts';
import { LevelStore } from '../../storage/level-store.ts';
import type { Step } from '../../storage/messages.ts';
import type { Durability, Journal } from '../../storage/store.ts';
import { testFolder } from '../test-folder.ts';
import { bytes, ids, NOW, text } from './contract.ts';
import { examine } from './examine.ts';
import { type Method, replace } from './level-disk.ts';
import { collect, note, settle, stepsFor } from './steps.ts';
import { World } from './world.ts';

const ADA = 'chat/ada';
const BOB = 'chat/bob';

/** How an operation of LevelDB fails: `own` is the operation. */
type Failure = (own: () => unknown, error: Error) => unknown;

const rejecting: Failure = async (_, error) => {
  throw error;
};
const throwing: Failure = (_, error) => {
  throw error;
};
/** An iterator fails as it is read, not as it is made. */
const iterating: Failure = (own, error) => Object.assign(own() as object, nexts(error));
const nexts = (error: Error) => {
  const next = () => Promise.reject(error);
  return { next, nextv: next, all: next };
};
const batching =
  (outcome: 'lost' | 'written'): Failure =>
  (own, error) => {
    const batch = own() as { write(): Promise<void>; close(): Promise<void> };
    const write = batch.write.bind(batch);
    return Object.assign(batch, {
      write: async () => {
        await (outcome === 'lost' ? batch.close() : write());
        throw error;
      },
    });
  };

const made: Failure = async (call, error) => {
  await call();
  throw error;
};

interface Failing {
  readonly method: Method;
  readonly what: string;
  readonly failure: Failure;
}
const WRITES: Failing[] = [
  { method: 'batch', what: 'write, which is lost,', failure: batching('lost') },
  { method: 'batch', what: 'write, which is made all the same,', failure: batching('written') },
  { method: 'put', what: 'put, which is lost,', failure: rejecting },
  { method: 'put', what: 'put, which is made all the same,', failure: made },
  { method: 'open', what: 'open', failure: rejecting },
];
const READS: Failing[] = [
  { method: 'get', what: 'get', failure: rejecting },
  { method: 'getSync', what: 'getSync', failure: throwing },
  { method: 'iterator', what: 'iterator', failure: iterating },
  { method: 'keys', what: 'iterator over keys', failure: iterating },
  { method: 'values', what: 'iterator over values', failure: iterating },
];

/** Some of everything a store does, on two agents. What fails is done without, or once more where the rest needs it. */
class Program {
  readonly #t: Test;
  readonly #directory: string;
  readonly #durability: Durability;
  readonly #name: string;
  readonly #journals = new Map<string, Journal>();
  #store!: LevelStore;
  #world!: World;
  #failures = 0;

  constructor(t: Test, directory: string, durability: Durability, name: string) {
    this.#t = t;
    this.#directory = directory;
    this.#durability = durability;
    this.#name = name;
  }

  /** Whether the fault was reached. */
  async run(isReached: () => boolean, mend: () => void): Promise<boolean> {
    this.#store = await this.#open();
    this.#world = new World(this.#store, [ADA, BOB]);
    await this.#live();
    await this.#readAll();
    await this.#dieAndLiveAgain();
    const reached = isReached();
    mend();
    if (!reached && this.#failures > 0) this.#t.fail(`something failed by itself before ${this.#name}`);
    if (this.#failures > 1) this.#t.fail(`one fault was felt ${this.#failures} times (${this.#name})`);
    await this.#look('with the fault gone');
    await this.#goOn();
    await this.#look('going on');
    await this.#store.close();
    this.#store = await this.#open();
    await this.#look('opened again');
    await this.#store.close();
    const { found } = await examine(this.#directory);
    if (found.length > 0) this.#t.fail(`damage (${this.#name})`, { found });
    return reached;
  }

  async #open(): Promise<LevelStore> {
    const { promise, resolve } = Promise.withResolvers<LevelStore>();
    const options = { directory: this.#directory, durability: this.#durability, clock: { now: () => NOW } };
    const open = async () => resolve(await LevelStore.open(options));
    if (!(await this.#does(open))) await open();
    return promise;
  }

  async #live(): Promise<void> {
    const { messages } = this.#store;
    const { tell, alarm, answer, bury } = stepsFor(messages);
    const [first, second] = [tell(BOB, 'first', { chain: [ADA] }), tell(BOB, 'second')];
    const daily = alarm(ADA, 'daily', 5);
    await this.#snapshot(ADA, 1, []);
    await this.#append(ADA, [first, daily, { ...answer(ADA, 'key', 1) }]);
    await this.#steps(BOB, [second, tell(BOB, 'third')]);
    await this.#snapshot(BOB, 1, [settle(BOB, first.told.number), note(BOB, second.told.number)]);
    await this.#append(ADA, [alarm(ADA, 'daily', 9, { was: 5 })]);
    await this.#snapshot(ADA, 0, [tell(BOB, 'fourth', { chain: [ADA] }), bury(ADA, { at: 1 })]);
    await this.#append(ADA, [answer(ADA, 'other', 2)]);
    await this.#snapshot(ADA, 1, []);
  }

  async #readAll(): Promise<void> {
    const { messages } = this.#store;
    await this.#does(() => messages.pending(BOB, { limit: 1 }));
    await this.#does(() => collect(messages.waiting()));
    await this.#does(() => collect(messages.due(0, 10)));
    await this.#does(() => collect(messages.letters()));
    await this.#does(() => messages.letter(ADA, 1));
    await this.#does(async () => messages.answer(ADA, 'key'));
    await this.#does(() => this.#store.read(ADA));
    await this.#does(() => ids(this.#store));
    await this.#does(() => messages.purge({ answers: 2, perAgent: 100, letters: 2 }));
  }

  async #dieAndLiveAgain(): Promise<void> {
    const { tell, alarm } = stepsFor(this.#store.messages);
    this.#journals.delete(ADA);
    // What became of one that fails is to be known before its agent is written again.
    if (!(await this.#does(() => this.#world.delete(ADA)))) await this.#look('after a failed delete');
    const { stored, pending } = await this.#store
      .open(ADA)
      .catch((error) => this.#felt(error) ?? this.#store.open(ADA));
    if (stored === undefined) await this.#snapshot(ADA, 1, []);
    const was = pending.alarms[0]?.at;
    await this.#append(ADA, [tell(ADA, 'to itself'), alarm(ADA, 'daily', 9, was === undefined ? {} : { was })]);
  }

  async #goOn(): Promise<void> {
    const before = this.#failures;
    const { tell } = stepsFor(this.#store.messages);
    for (const id of [ADA, BOB]) {
      this.#journals.delete(id);
      await this.#append(id, [tell(BOB, 'later', { chain: [id] })]);
      await this.#snapshot(id, 0, []);
    }
    await this.#readAll();
    if (this.#failures > before) this.#t.fail(`the store does not go on (${this.#name})`);
  }

  async #append(agentId: string, steps: Step[]): Promise<void> {
    const { journal, state } = await this.#held(agentId);
    if (state === undefined) return this.#snapshot(agentId, 1, steps);
    const next = { ...state, records: [...state.records, 'record'], sequence: state.sequence + 1 };
    const write = (steps: readonly Step[]) => journal.append(bytes('record'), steps);
    await this.#writes(agentId, () => this.#world.write(agentId, next, steps, write));
  }

  async #snapshot(agentId: string, on: 0 | 1, steps: Step[]): Promise<void> {
    const { journal, state } = await this.#held(agentId);
    const sequence = state ? state.sequence + on : 1;
    const next = { snapshot: `snapshot ${sequence}`, records: [], sequence };
    const write = (steps: readonly Step[]) => journal.snapshot(sequence, bytes(next.snapshot), steps);
    await this.#writes(agentId, () => this.#world.write(agentId, next, steps, write));
  }

  async #steps(agentId: string, steps: Step[]): Promise<void> {
    const { messages } = this.#store;
    await this.#does(() => this.#world.write(agentId, undefined, steps, (steps) => messages.write(steps)));
  }

  async #held(agentId: string): Promise<{ journal: Journal; state: ReturnType<typeof text> }> {
    const read = () => this.#store.read(agentId);
    const open = async () => (await this.#store.open(agentId)).journal;
    const again = <T>(call: () => Promise<T>) => call().catch((error) => this.#felt(error) ?? call());
    const journal = this.#journals.get(agentId) ?? (await again(open));
    this.#journals.set(agentId, journal);
    return { journal, state: text(await again(read)) };
  }

  async #writes(agentId: string, write: () => Promise<void>): Promise<void> {
    if (!(await this.#does(write))) this.#journals.delete(agentId);
  }

  async #does(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      this.#felt(error);
      return false;
    }
  }

  #felt(error: unknown): undefined {
    this.#failures += 1;
    const codes = ['ERR_DROWSE_STORE_FAILED', 'ERR_DROWSE_CORRUPT_STATE'];
    if (error instanceof DrowseError && codes.includes(error.code)) return undefined;
    this.#t.fail(`an error of no type (${this.#name})`, { error });
    return undefined;
  }

  async #look(when: string): Promise<void> {
    const wrong = await this.#world.look(this.#store);
    if (wrong) this.#t.fail(`the store is as it may not be ${when} (${this.#name})`, wrong);
  }
}

/** Runs the program with the first such operation failing, then with the second, until there are no more. */
async function failEachInTurn(t: Test, method: Method, failure: Failure, makeError: () => Error): Promise<void> {
  const place = testFolder(t);
  let nth = 0;
  for (let reached = true; reached; nth += 1) {
    let count = 0;
    const mend = replace(t, method, (own) => {
      return function (this: unknown, ...args: never[]) {
        const call = () => own.apply(this, args);
        count += 1;
        return count === nth + 1 ? failure(call, makeError()) : call();
      };
    });
    const durability = method === 'batch' ? 'fsync' : 'os';
    const program = new Program(t, `${place}/${nth}`, durability, `${method} ${nth + 1}`);
    reached = await program.run(() => count > nth, mend);
  }
  t.ok(nth > 1, `${nth - 1} of them`);
}

for (const { method, what, failure } of [...WRITES, ...READS]) {
  t.test(`whichever ${what} of LevelDB fails, the store goes on and loses nothing`, (t) =>
    failEachInTurn(t, method, failure, () => new Error('the disk failed')),
  );
}

for (const { method, what, failure } of READS) {
  t.test(`whichever ${what} of LevelDB finds damage, the store goes on and loses nothing`, (t) =>
    failEachInTurn(t, method, failure, () => Object.assign(new Error('bad block'), { code: 'LEVEL_CORRUPTION' })),
  );
}
