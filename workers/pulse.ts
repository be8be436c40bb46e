/**
 * What a thread tells without sending a message: four numbers in shared memory, written by the thread alone.
 * Each is one aligned 64-bit store, which a reader never sees half written.
 *
 *     0  beat      when the event loop turned as it last wrote that, milliseconds since 1970: of a thread, when it was asked to
 *     1  begun     number of the last message whose turn began
 *     2  begunAt   when it began, milliseconds since 1970
 *     3  ended     number of the last message whose turn ended
 */
export class Pulse {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Float64Array;

  constructor(buffer = new SharedArrayBuffer(4 * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer);
  }

  /** Before another thread writes: it has not beaten yet. */
  clear(): void {
    this.#cells.fill(0);
  }

  beat(): void {
    this.#cells[0] = Date.now();
  }

  begin(number: number): void {
    this.#cells[2] = Date.now();
    this.#cells[1] = number;
  }

  end(number: number): void {
    this.#cells[3] = number;
  }

  /** When the thread's event loop last turned, in milliseconds since 1970; 0 before the first time. */
  get lastBeat(): number {
    return this.#cells[0] as number;
  }

  /** The number of the last message whose turn began: it and all before it have begun, none after it has. */
  get begun(): number {
    return this.#cells[1] as number;
  }

  /** The number of the message whose turn runs; undefined between turns. */
  get running(): number | undefined {
    return this.#cells[1] === this.#cells[3] ? undefined : this.#cells[1];
  }

  /** When the running turn began, in milliseconds since 1970; undefined between turns. */
  get runningSince(): number | undefined {
    return this.running === undefined ? undefined : this.#cells[2];
  }
}
