import type { Clock, Timer } from '../../core/clock.ts';
import { Rate } from '../../core/rate.ts';
import type { AgentType } from '../agent-types.ts';
import { AgentOutput } from '../incarnation/agent-output.ts';
import type { StartGate } from '../lifecycle/start-gate.ts';
import { sparesWanted } from '../policies.ts';
import type { Settings } from '../settings.ts';
import type { Isolate, Tenant } from './isolate.ts';
import type { Isolates } from './isolates.ts';

/** How long after a wake a spare is made: the agent that woke has the cores first. */
const MAKE_AFTER_MS = 50;
/** How often it is looked whether there are more than are wanted, or fewer. */
const LOOK_AGAIN_MS = 10_000;
/** Over this time wakes are counted. */
const RATE_MS = 10_000;
/** For so long none is made of a type whose module failed. */
const FAILED_MS = 60_000;

export interface SparesOptions {
  readonly isolates: Isolates;
  readonly types: readonly AgentType[];
  readonly settings: Settings;
  readonly starts: Pick<StartGate, 'waiting'>;
  /** Whether there is memory for one more. */
  readonly hasRoom: () => boolean;
}

interface Shelf {
  readonly type: AgentType;
  /** The oldest first. */
  readonly ready: Isolate[];
  readonly wakes: Rate;
  failedAt: number;
}

/**
 * Workers made ahead of need, of each type as many as it has use for: with the type's module loaded and the path of a turn run warm,
 * so that all a wake has left to do is to read the state. Each serves one agent, once.
 */
export class Spares {
  readonly #isolates: Isolates;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #starts: SparesOptions['starts'];
  readonly #hasRoom: () => boolean;
  readonly #shelves: ReadonlyMap<AgentType, Shelf>;
  #making: Isolate | undefined;
  #next: { readonly timer: Timer; readonly at: number } | undefined;
  #stopped = false;

  constructor({ isolates, types, settings, starts, hasRoom }: SparesOptions) {
    this.#isolates = isolates;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#starts = starts;
    this.#hasRoom = hasRoom;
    const shelf = (type: AgentType): Shelf => {
      return { type, ready: [], wakes: new Rate(RATE_MS), failedAt: Number.NEGATIVE_INFINITY };
    };
    this.#shelves = new Map(types.map((type) => [type, shelf(type)]));
  }

  /** How many are ready. */
  get size(): number {
    let size = 0;
    for (const { ready } of this.#shelves.values()) size += ready.length;
    return size;
  }

  start(): void {
    this.#lookIn(0);
  }

  /** A worker for an agent that wakes: a spare, or one that is started now. */
  isolate(type: AgentType, tenant: Tenant): Isolate {
    const shelf = this.#shelves.get(type) as Shelf;
    shelf.wakes.mark(this.#clock.elapsed());
    this.#lookIn(MAKE_AFTER_MS);
    // One that was ended stands here until it is gone.
    for (let spare = shelf.ready.shift(); spare; spare = shelf.ready.shift()) {
      if (spare.isEnding) continue;
      spare.serve(tenant);
      return spare;
    }
    return this.#isolates.spawn(type, tenant);
  }

  /** Gives up those that are ready; returns how many there were. */
  dropAll(): number {
    const spares = this.#takeAll();
    for (const spare of spares) void spare.end();
    return spares.length;
  }

  /** Resolves once all are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.timer.cancel();
    const spares = this.#takeAll();
    if (this.#making) spares.push(this.#making);
    await Promise.all(spares.map((spare) => spare.end()));
  }

  #takeAll(): Isolate[] {
    return [...this.#shelves.values()].flatMap(({ ready }) => ready.splice(0));
  }

  #lookIn(ms: number): void {
    const at = this.#clock.elapsed() + ms;
    if (this.#stopped || this.#settings.spares.max === 0 || (this.#next && this.#next.at <= at)) return;
    this.#next?.timer.cancel();
    const look = () => {
      this.#next = undefined;
      this.#look();
    };
    this.#next = { timer: this.#clock.after(ms, look, { background: true }), at };
  }

  /** Ends those that are too many, and makes one of those that are missing. */
  #look(): void {
    if (this.#making) return;
    for (const shelf of this.#shelves.values()) {
      const excess = shelf.ready.length - this.#wanted(shelf);
      for (const spare of excess > 0 ? shelf.ready.splice(0, excess) : []) void spare.end();
      if (excess >= 0) continue;
      if (this.#starts.waiting === 0 && this.#hasRoom()) return void this.#make(shelf);
      // Once those that wait have started, or there is memory.
      if (this.#starts.waiting > 0) this.#lookIn(MAKE_AFTER_MS);
    }
    this.#lookIn(LOOK_AGAIN_MS);
  }

  #wanted({ wakes, failedAt }: Shelf): number {
    const now = this.#clock.elapsed();
    if (now - failedAt < FAILED_MS) return 0;
    const found = { wakesPerSecond: wakes.perSecond(now), sinceWakeMs: now - wakes.last };
    return sparesWanted(found, this.#settings.spares);
  }

  async #make(shelf: Shelf): Promise<void> {
    const { type } = shelf;
    let spare: Isolate | undefined;
    try {
      spare = this.#isolates.spawn(type, this.#nobody(type));
      this.#making = spare;
      await this.#prepare(spare, type);
      this.#shelve(spare, shelf);
    } catch (err) {
      shelf.failedAt = this.#clock.elapsed();
      this.#settings.log.debug({ type: type.name, err }, 'a spare worker could not be made');
      void spare?.end();
    }
    this.#making = undefined;
    this.#lookIn(0);
  }

  async #prepare(spare: Isolate, type: AgentType): Promise<void> {
    const late = this.#clock.after(this.#settings.startTimeoutMs, () => void spare.end());
    try {
      const module = await this.#isolates.load(spare, type);
      await spare.prepare(module, { rehearsed: true });
    } finally {
      late.cancel();
    }
  }

  #shelve(spare: Isolate, shelf: Shelf): void {
    const { ready } = shelf;
    ready.push(spare);
    void spare.ended.then(() => {
      const place = ready.indexOf(spare);
      if (place === -1) return;
      ready.splice(place, 1);
      shelf.failedAt = this.#clock.elapsed();
    });
  }

  /** What the module says as it is loaded, and nothing else. */
  #nobody({ name }: AgentType): Tenant {
    const output = new AgentOutput(`${name} (spare)`, this.#settings.log, this.#clock);
    return {
      name: `${name} (spare)`,
      frame() {},
      output: (stream, text) => output.take(stream, text),
      overdue() {},
    };
  }
}
