import { systemClock } from '../../core/clock.ts';
import { Database, type Operation } from '../../storage/database.ts';
import { LevelStore } from '../../storage/level-store.ts';

/** One write that waits: all that goes to the disk together. */
export interface HeldWrite {
  /** Lets it reach the disk. */
  pass(): void;
  /** Makes it fail; `reached` says that it reached the disk nevertheless. */
  fail(how?: { reached: boolean }): void;
}

/** A store in memory whose disk waits before a write until the test lets it through, or makes it fail. */
export class HeldDisk extends LevelStore {
  /** Writes that wait, oldest first. */
  readonly held: HeldWrite[];
  readonly #gate: { holds: (rows: string) => boolean };

  constructor() {
    const held: HeldWrite[] = [];
    const gate = { holds: (_rows: string) => false };
    const database = Database.inMemory();
    const write = database.write.bind(database);
    database.write = async (operations, lightly) => {
      const outcome = gate.holds(rowsOf(operations)) ? await waitIn(held) : 'pass';
      if (outcome !== 'fail') await write(operations, lightly);
      if (outcome !== 'pass') throw new Error('The test made this write fail.');
    };
    super(database, systemClock);
    this.held = held;
    this.#gate = gate;
  }

  /** From now on writes wait: all, or those that put such rows, by the first letters of their keys (storage/keys.ts). */
  hold(letters = ''): void {
    this.#gate.holds = (rows) => letters === '' || letters.split('').some((letter) => rows.includes(letter));
  }

  /** Lets everything through, now and from now on. */
  release(): void {
    this.#gate.holds = () => false;
    for (const write of this.held.splice(0)) write.pass();
  }

  /** Makes the write fail that waits, and lets through what comes after it. */
  fail(how?: { reached: boolean }): void {
    this.#gate.holds = () => false;
    this.held.shift()?.fail(how);
    this.release();
  }
}

function rowsOf(operations: readonly Operation[]): string {
  return operations.map((one) => (one.kind === 'put' ? one.key.toString('latin1', 0, 1) : '')).join('');
}

function waitIn(held: HeldWrite[]): Promise<'pass' | 'fail' | 'reach'> {
  return new Promise((resolve) => {
    held.push({
      pass: () => resolve('pass'),
      fail: ({ reached } = { reached: false }) => resolve(reached ? 'reach' : 'fail'),
    });
  });
}
