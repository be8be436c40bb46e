import { setImmediate } from 'node:timers/promises';
import { type Clock, systemClock } from '../core/clock.ts';
import type { DrowseError } from '../core/errors.ts';
import { Claim, type Claims } from './claim.ts';
import { GroupCommit } from './group-commit.ts';
import { checkAppend, checkSnapshot, closedError, fencedError } from './refusals.ts';
import type { Journal, Listed, ListQuery, Opened, Store, Stored } from './store.ts';

type Apply = () => void;

/**
 * A store that lasts as long as its process, for tests. It claims and commits like LevelStore: a write takes effect,
 * and settles, in a later turn of the event loop.
 */
export class MemoryStore implements Store {
  readonly #agents = new Map<string, Stored>();
  readonly #claims: Claims = new Map();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #commits = new GroupCommit<Apply>(async (operations) => {
    await setImmediate();
    for (const apply of operations) apply();
  });

  constructor({ clock = systemClock }: { readonly clock?: Pick<Clock, 'now'> } = {}) {
    this.#clock = clock;
  }

  get total(): number {
    return this.#agents.size;
  }

  async open(agentId: string): Promise<Opened> {
    this.#assertOpen();
    const claim = new Claim(this.#claims, agentId);
    await claim.settled();
    const stored = this.#agents.get(agentId);
    return { journal: new MemoryJournal(this.#agents, this.#commits, this.#clock, claim), stored };
  }

  async read(agentId: string): Promise<Stored | undefined> {
    this.#assertOpen();
    return this.#agents.get(agentId);
  }

  async *list({ prefix = '', after = '', limit }: ListQuery = {}): AsyncGenerator<Listed, void> {
    this.#assertOpen();
    const ids = [...this.#agents.keys()].filter((id) => id.startsWith(prefix) && inByteOrder(after, id) < 0);
    for (const agentId of ids.sort(inByteOrder).slice(0, limit)) {
      const stored = this.#agents.get(agentId);
      if (stored) yield { agentId, createdAt: stored.createdAt };
    }
  }

  async delete(agentId: string): Promise<boolean> {
    this.#assertOpen();
    const claim = new Claim(this.#claims, agentId);
    const deleted = this.#delete(agentId, claim.settled());
    claim.track(deleted);
    claim.release();
    return deleted;
  }

  close(): Promise<void> {
    return this.#commits.close();
  }

  async #delete(agentId: string, settled: Promise<unknown> | undefined): Promise<boolean> {
    await settled;
    if (!this.#agents.has(agentId)) return false;
    await this.#commits.commit([() => this.#agents.delete(agentId)], 0);
    return true;
  }

  #assertOpen(): void {
    if (this.#commits.closed) throw closedError();
  }
}

class MemoryJournal implements Journal {
  readonly #agents: Map<string, Stored>;
  readonly #commits: GroupCommit<Apply>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #claim: Claim;
  /** What the agent is once all writes made have settled. */
  #stored: Stored | undefined;

  constructor(agents: Map<string, Stored>, commits: GroupCommit<Apply>, clock: Pick<Clock, 'now'>, claim: Claim) {
    this.#agents = agents;
    this.#commits = commits;
    this.#clock = clock;
    this.#claim = claim;
    this.#stored = agents.get(claim.agentId);
  }

  get sequence(): number {
    return this.#stored?.sequence ?? 0;
  }

  append(record: Uint8Array): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkAppend(this.sequence);
    const { snapshot, records, sequence, createdAt } = this.#stored as Stored;
    const longer = [...records, new Uint8Array(record)];
    return this.#commit({ snapshot, records: longer, sequence: sequence + 1, createdAt });
  }

  snapshot(sequence: number, snapshot: Uint8Array): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkSnapshot(this.sequence, sequence);
    const createdAt = this.#stored?.createdAt ?? this.#clock.now();
    return this.#commit({ snapshot: new Uint8Array(snapshot), records: [], sequence, createdAt });
  }

  close(): void {
    this.#claim.release();
  }

  #commit(stored: Stored): Promise<void> {
    const { agentId } = this.#claim;
    this.#stored = stored;
    const committed = this.#commits.commit([() => this.#agents.set(agentId, stored)], 0);
    this.#claim.track(committed);
    return committed;
  }

  #refusal(): DrowseError | undefined {
    if (this.#commits.closed) return closedError();
    return this.#claim.held ? undefined : fencedError(this.#claim.agentId);
  }
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
