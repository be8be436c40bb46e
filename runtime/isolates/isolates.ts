import { asError, DrowseError } from '../../core/errors.ts';
import type { AgentType } from '../agent-types.ts';
import type { Settings } from '../settings.ts';
import { Bundles } from './bundles.ts';
import { FirstLoads } from './first-loads.ts';
import type { HangGuard } from './hang-guard.ts';
import type { HeapGuard } from './heap-guard.ts';
import { Isolate, type IsolateOptions, type Tenant } from './isolate.ts';

/** The isolates that exist, zombies among them. */
export class Isolates {
  readonly #bundles = new Bundles();
  readonly #firstLoads = new FirstLoads();
  readonly #isolates = new Set<Isolate>();
  readonly #settings: Settings;
  readonly #heaps: HeapGuard;
  readonly #hangs: HangGuard;
  readonly #onThreadEnded: () => void;

  constructor(settings: Settings, guards: { heaps: HeapGuard; hangs: HangGuard }, onThreadEnded: () => void) {
    this.#settings = settings;
    this.#heaps = guards.heaps;
    this.#hangs = guards.hangs;
    this.#onThreadEnded = onThreadEnded;
  }

  /** Starts one that serves a tenant of that type. Throws `ERR_DROWSE_OVERLOADED` where the system gives no more threads. */
  spawn(type: AgentType, tenant: Tenant): Isolate {
    const { heartbeatIntervalMs, maxFrameBytes, maxHeapBytes } = this.#settings;
    const limits = { heartbeatIntervalMs, maxFrameBytes, maxHeapBytes: type.maxHeapBytes ?? maxHeapBytes };
    const isolate = started({ name: tenant.name, env: type.env, process: type.process, ...limits }, tenant);
    this.#isolates.add(isolate);
    const watch = this.#heaps.watch(isolate, isolate.maxHeapBytes);
    isolate.watch = watch;
    this.#hangs.watch(isolate);
    void isolate.ended.then(() => {
      watch.stop();
      this.#hangs.unwatch(isolate);
    });
    void isolate.exited.then(() => {
      this.#isolates.delete(isolate);
      if (isolate.kind === 'thread') this.#onThreadEnded();
    });
    return isolate;
  }

  /** Has one load its type's module ahead of its orders, where that is of use to others. Resolves with the module to name in them. */
  async load(isolate: Isolate, type: AgentType): Promise<string> {
    const module = await this.#bundles.moduleOf(type);
    await this.#firstLoads.pass(module, () => isolate.prepare(module, { rehearsed: false }));
    return module;
  }

  get all(): Iterable<Isolate> {
    return this.#isolates;
  }

  get threads(): number {
    return this.#count('thread');
  }

  get processes(): number {
    return this.#count('process');
  }

  /** Isolates that were given up but still run: they are blocked in a native call, and gone once that returns. */
  get zombies(): { agentId: string; since: number }[] {
    return [...this.#isolates].flatMap(({ name: agentId, zombieSince: since }) =>
      since === undefined ? [] : [{ agentId, since }],
    );
  }

  #count(kind: Isolate['kind']): number {
    let count = 0;
    for (const isolate of this.#isolates) if (isolate.kind === kind) count += 1;
    return count;
  }
}

function started(options: IsolateOptions, tenant: Tenant): Isolate {
  try {
    return new Isolate(options, tenant);
  } catch (cause) {
    const text = `The system has no worker for agent ${tenant.name}: ${asError(cause).message} drowse doctor says which limit that may be.`;
    throw new DrowseError('ERR_DROWSE_OVERLOADED', text, { cause, agentId: tenant.name });
  }
}
