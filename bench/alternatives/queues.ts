/** Runs the work of each agent one piece after the other, in the order it came; that of different agents at once. */
export class Queues {
  readonly #last = new Map<number, Promise<unknown>>();

  run<Result>(agent: number, work: () => Promise<Result>): Promise<Result> {
    const result = (this.#last.get(agent) ?? Promise.resolve()).then(work, work);
    this.#last.set(agent, result);
    return result;
  }
}
