import { DrowseError, type Journal, MemoryStore } from '../runtime/index.ts';

/** A store in memory whose writes wait until the test lets them through, or makes them fail. */
export class HeldStore extends MemoryStore {
  /** Writes that wait, oldest first. */
  readonly held: Array<{ pass(): void; fail(): void }> = [];
  holding = true;

  override async open(agentId: string): ReturnType<MemoryStore['open']> {
    const { journal, ...opened } = await super.open(agentId);
    return { ...opened, journal: this.#hold(journal) };
  }

  /** Lets everything through, now and from now on. */
  release(): void {
    this.holding = false;
    for (const write of this.held.splice(0)) write.pass();
  }

  #hold(journal: Journal): Journal {
    let failed = false;
    const hold = (write: () => Promise<void>): Promise<void> => {
      if (!this.holding) return write();
      // The sequence moves at the call, as the contract wants it; only the outcome is held.
      const written = write();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.held.push({
        pass: () => (failed ? reject(lost()) : resolve(written)),
        fail: () => {
          failed = true;
          reject(lost());
        },
      });
      return promise;
    };
    return {
      get sequence() {
        return journal.sequence;
      },
      append: (...record) => hold(() => journal.append(...record)),
      snapshot: (...snapshot) => hold(() => journal.snapshot(...snapshot)),
      write: (steps) => hold(() => journal.write(steps)),
      close: () => journal.close(),
    };
  }
}

function lost(): DrowseError {
  return new DrowseError('ERR_DROWSE_STORE_FAILED', 'The test made this write fail.');
}
