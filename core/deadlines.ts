const GONE = -1;
const DUE = -2;

/** One entry of {@link Deadlines}. */
export interface Deadline {
  readonly at: number;
  readonly due: () => void;
  /** Its place in the heap; less than 0 once it has come due or was cancelled. */
  index: number;
}

/**
 * Deadlines in the order of their time: a binary heap in which each entry knows its place, so that adding and
 * cancelling both cost O(log n) and nothing of a cancelled entry stays behind.
 */
export class Deadlines {
  readonly #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The time of the first; undefined where there is none. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Adds one. The times may be on any scale that only grows. */
  add(at: number, due: () => void): Deadline {
    const deadline: Deadline = { at, due, index: this.#heap.length };
    this.#heap.push(deadline);
    this.#up(deadline);
    return deadline;
  }

  /** Takes one back; false for one that is past. */
  cancel(deadline: Deadline): boolean {
    const { index } = deadline;
    deadline.index = GONE;
    if (index < 0) return index === DUE;
    const last = this.#heap.pop() as Deadline;
    if (last === deadline) return true;
    this.#place(last, index);
    this.#up(last);
    this.#down(last);
    return true;
  }

  /** Takes out, and calls, those that are due at `now`; one that is added meanwhile waits for the next call. */
  fire(now: number): void {
    const due: Deadline[] = [];
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.cancel(first);
      first.index = DUE;
      due.push(first);
    }
    for (const deadline of due) {
      // One of those before it may have cancelled it.
      if (deadline.index !== DUE) continue;
      deadline.index = GONE;
      deadline.due();
    }
  }

  clear(): void {
    for (const deadline of this.#heap.splice(0)) deadline.index = GONE;
  }

  #place(deadline: Deadline, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }

  #up(deadline: Deadline): void {
    while (deadline.index > 0) {
      const parent = this.#heap[(deadline.index - 1) >> 1] as Deadline;
      if (parent.at <= deadline.at) return;
      this.#swap(parent, deadline);
    }
  }

  #down(deadline: Deadline): void {
    for (;;) {
      const left = this.#heap[2 * deadline.index + 1];
      const right = this.#heap[2 * deadline.index + 2];
      const child = right && left && right.at < left.at ? right : left;
      if (child === undefined || child.at >= deadline.at) return;
      this.#swap(deadline, child);
    }
  }

  #swap(upper: Deadline, lower: Deadline): void {
    const { index } = upper;
    this.#place(upper, lower.index);
    this.#place(lower, index);
  }
}
