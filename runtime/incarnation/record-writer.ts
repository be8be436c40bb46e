import { viewOf } from '../../core/codec.ts';
import type { Step } from '../../storage/messages.ts';
import type { Journal } from '../../storage/store.ts';
import type { Change } from '../../workers/protocol.ts';
import type { OutputGate } from './output-gate.ts';

/** Writes what the turns of one incarnation have made, in their order. Each write holds up what is said after it. */
export class RecordWriter {
  readonly #gate: OutputGate;
  #journal: Journal | undefined;
  #exists = false;

  constructor(gate: OutputGate) {
    this.#gate = gate;
  }

  /** Whether the agent exists: a change of it has been stored. */
  get exists(): boolean {
    return this.#exists;
  }

  open(journal: Journal): void {
    this.#journal = journal;
    this.#exists = journal.sequence > 0;
  }

  /** Writes a turn's change, if there is one, and the steps that belong to it. */
  write(change: Change | undefined, steps: readonly Step[]): void {
    const journal = this.#journal as Journal;
    if (change?.kind === 'record') this.#gate.add(journal.append(viewOf(change.packed), steps));
    else if (change) this.#snapshot(journal.snapshot(journal.sequence + 1, viewOf(change.packed), steps));
    else if (steps.length > 0) this.#gate.add(journal.write(steps));
  }

  /** Writes what an agent leaves as it goes to sleep: a last change, or a snapshot in the place of that and of all turns. */
  writeLast(change: Change | undefined, snapshot: Uint8Array | undefined, steps: readonly Step[]): void {
    const journal = this.#journal as Journal;
    if (snapshot === undefined) this.write(change, steps);
    else this.#gate.add(journal.snapshot(journal.sequence + (change ? 1 : 0), snapshot, steps));
  }

  close(): void {
    this.#journal?.close();
  }

  /** The first write of an agent is a snapshot. */
  #snapshot(write: Promise<void>): void {
    const exists = () => {
      this.#exists = true;
    };
    write.then(exists, () => {});
    this.#gate.add(write);
  }
}
