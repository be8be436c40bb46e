import type { DataRow } from './data-row.ts';
import { unseal } from './envelope.ts';
import type { Head } from './head.ts';
import { attempt, unreadable } from './unreadable.ts';

/** Checks the rows of one generation against its head, in the order of their keys: the snapshot, then the records. */
export class GenerationCheck {
  readonly damage: string[] = [];
  readonly #head: Head;
  #chunks = 0;
  #length = 0;
  /** The sequence of the next record. */
  #next: number;
  #intact = true;
  #lastGood: number | undefined;
  #ended = false;

  constructor(head: Head) {
    this.#head = head;
    this.#next = head.sequence + 1;
  }

  /** The newest sequence that can be read; undefined where the snapshot cannot. */
  get lastGood(): number | undefined {
    return this.#lastGood;
  }

  /** False for a row that has no place in the generation. */
  take({ generation, kind, number }: DataRow, value: Buffer): boolean {
    const { chunks, sequence } = this.#head;
    if (generation !== this.#head.generation) return false;
    if (kind === 'chunk' ? number === 0 || number > chunks : number <= sequence) return false;
    if (kind === 'chunk') this.#takeChunk(number, value);
    else this.#takeRecord(number, value);
    return true;
  }

  /** To be called behind the last row. No chunk comes after a record. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { chunks, length, sequence } = this.#head;
    this.#missChunks(chunks);
    if (this.#intact && this.#length !== length) {
      this.#spoil(`its snapshot has ${this.#length} bytes, not ${length}`);
    }
    if (this.#intact) this.#lastGood = sequence;
  }

  /** Whether a row is part of what can be read. */
  keeps({ generation, kind, number }: DataRow): boolean {
    const { chunks, sequence } = this.#head;
    if (generation !== this.#head.generation || this.#lastGood === undefined) return false;
    return kind === 'chunk' ? number <= chunks : number > sequence && number <= this.#lastGood;
  }

  #takeChunk(number: number, value: Buffer): void {
    this.#missChunks(number - 1);
    this.#chunks = number;
    const bytes = attempt(
      () => unseal(value, 'snapshot chunk', number),
      (error) => this.#spoil(unreadable(error)),
    );
    this.#length += bytes?.length ?? 0;
  }

  #takeRecord(number: number, value: Buffer): void {
    this.end();
    const before = this.#next;
    if (number === before + 1) this.damage.push(`its record ${before} is missing`);
    else if (number > before) this.damage.push(`its records ${before} to ${number - 1} are missing`);
    this.#next = number + 1;
    const bytes = attempt(
      () => unseal(value, 'record', number),
      (error) => void this.damage.push(unreadable(error)),
    );
    if (bytes && this.#lastGood === number - 1) this.#lastGood = number;
  }

  #missChunks(upTo: number): void {
    for (let number = this.#chunks + 1; number <= upTo; number += 1) {
      this.#spoil(`its snapshot chunk ${number} is missing`);
    }
  }

  #spoil(damage: string): void {
    this.#intact = false;
    this.damage.push(damage);
  }
}
