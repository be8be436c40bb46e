import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultInTurn } from '../fixtures/faults.ts';
import type { Methods } from '../fixtures/faults-host.ts';
import type { Trap } from '../fixtures/faulty.ts';
import { HostProcess, type Refused } from '../host-process.ts';
import { Bystanders } from './bystanders.ts';
import { watchMemory } from './memory-watch.ts';

const HOST = new URL('../fixtures/faults-host.ts', import.meta.url);
const MAX_HOST_BYTES = 3e9;
/** As long as a send may take, and longer than a native call of a fault: what has not come about by then does not. */
const PATIENCE_MS = 10_000;
/** Refusals of calls that may have been committed all the same. */
const DOUBTFUL = ['ERR_DROWSE_TIMEOUT', 'DIED', 'KILLED'];

type Host = HostProcess<Methods>;

/** What the faulty agent runs in. */
export type Isolation = 'thread' | 'process';

/** How many calls of an agent may have been committed without an answer. */
interface Tries {
  doubtful: number;
}

export type Fault = { readonly name: string } & ({ readonly turn: FaultInTurn } | { readonly trap: Trap });

/** What became of one fault. */
export interface Row {
  readonly fault: string;
  readonly host: 'unharmed' | 'keeps a thread' | 'died' | 'stopped answering' | 'took 3 GB';
  /** Bystanders that answered a call which began after the agent's caller was told, on the host of the fault. */
  readonly answered: number;
  readonly slowestMs: number;
  /** Refusals that bystanders met, and turns of theirs that were lost or doubled. */
  readonly wrong: readonly string[];
  /** Whether the turns that the agent had committed, and no others, were there afterwards: in its answer, and on disk. */
  readonly kept: boolean;
  /** The code or name of the error, or what else the caller got. */
  readonly told: string;
  /** Whether the agent answered again: in the next host, where this one was harmed. */
  readonly served: boolean;
  /** How long after that. */
  readonly servedAfterMs: number;
}

/** Commits faults one after the other in a host with bystanders, which is started again where it does not survive. */
export class FaultMatrix {
  readonly #directory: string;
  readonly #traps: string;
  readonly #bystanders: Bystanders;
  readonly #isolation: Isolation;
  /** How many there are. */
  readonly bystanders: number;
  #host: Host | undefined;
  #watch: { stop(): void } | undefined;
  #pastLimit = false;

  constructor(directory: string, bystanders: number, isolation: Isolation) {
    this.#directory = `${directory}/data`;
    this.#traps = `${directory}/traps`;
    this.bystanders = bystanders;
    this.#bystanders = new Bystanders(bystanders);
    this.#isolation = isolation;
    mkdirSync(this.#traps);
    execFileSync('mkfifo', [`${this.#traps}/fifo`]);
  }

  async commit(fault: Fault): Promise<Row> {
    const host = await this.#hostWithBystanders();
    const agent = `faulty/${fault.name}`;
    for (const committed of [1, 2]) {
      if ((await host.call('send', agent, {})) !== committed) throw new Error(`${agent} is not new`);
    }
    this.#bystanders.mark();
    const told = await this.#told(host, agent, fault);
    const toldAt = performance.now();
    this.#bystanders.ask();
    const committed = told === 'a reply' ? 3 : 2;
    const tries: Tries = { doubtful: 0 };
    let answer = await this.#serve(host, agent, tries);
    if (answer) await this.#within(host, () => this.#bystanders.all);
    const { answered, slowestMs } = this.#bystanders;
    const wrong = [...this.#bystanders.wrong];
    const state = await this.#state(host);
    if (state !== 'unharmed' && state !== 'keeps a thread') {
      await this.end();
      const next = await this.#hostWithBystanders();
      answer = await this.#serve(next, agent, tries);
    }
    const { count = 0, at = Number.POSITIVE_INFINITY } = answer ?? {};
    const kept = count > committed && count <= committed + 1 + tries.doubtful && (await this.#isOnDisk(agent, count));
    const served = answer !== undefined;
    return {
      fault: fault.name,
      host: state,
      answered,
      slowestMs,
      wrong,
      kept,
      told,
      served,
      servedAfterMs: at - toldAt,
    };
  }

  /** Ends the host; the next fault is committed in another. */
  async end(): Promise<void> {
    this.#watch?.stop();
    await this.#host?.kill();
    this.#host = undefined;
    await this.#bystanders.stop();
  }

  /** Makes the agent commit the fault; returns what its caller was told. */
  async #told(host: Host, agent: string, fault: Fault): Promise<string> {
    try {
      if ('turn' in fault) await host.call('send', agent, { fault: fault.turn });
      else await this.#spring(host, agent, fault.trap);
      return 'trap' in fault ? 'nothing' : 'a reply';
    } catch (error) {
      return (error as Refused).code;
    }
  }

  /** Sets a trap, puts the agent to sleep, and wakes it where the trap is not in its going to sleep. */
  async #spring(host: Host, agent: string, trap: Trap): Promise<void> {
    if (trap !== 'passivate') await host.call('passivate', agent);
    writeFileSync(`${this.#traps}/${trap}`, '');
    try {
      if (trap === 'passivate') await host.call('passivate', agent);
      else await host.call('send', agent, {});
    } finally {
      rmSync(`${this.#traps}/${trap}`);
    }
  }

  /** Calls the agent until it answers; undefined where it does not. */
  async #serve(host: Host, agent: string, tries: Tries): Promise<{ count: number; at: number } | undefined> {
    return this.#within(host, async () => {
      try {
        return { count: Number(await host.call('send', agent, {})), at: performance.now() };
      } catch (error) {
        if (DOUBTFUL.includes((error as Refused).code)) tries.doubtful += 1;
        return undefined;
      }
    });
  }

  async #isOnDisk(agent: string, count: number): Promise<boolean> {
    const host = await this.#hostWithBystanders();
    await host.call('passivate', agent);
    return (await host.call('count', agent)) === count;
  }

  async #state(host: Host): Promise<Row['host']> {
    const answers = this.#bystanders.all;
    const tidy = answers && (await this.#within(host, async () => (await host.call('zombies').catch(() => 1)) === 0));
    if (this.#pastLimit) return 'took 3 GB';
    if (!this.#alive(host)) return 'died';
    if (!answers) return 'stopped answering';
    return tidy ? 'unharmed' : 'keeps a thread';
  }

  #alive(host: Host): boolean {
    return this.#host === host;
  }

  /** The host there is, or another, once all that was acknowledged is found in it and every bystander answers. */
  async #hostWithBystanders(): Promise<Host> {
    if (this.#host) return this.#host;
    await this.#bystanders.stop();
    const host = new HostProcess<Methods>(HOST, {
      args: [this.#directory, this.#traps, this.#isolation],
      execArgv: ['--no-memory-pool-share-memory-on-teardown'],
    });
    this.#host = host;
    this.#pastLimit = false;
    this.#watch = watchMemory(host.pid, MAX_HOST_BYTES, () => {
      this.#pastLimit = true;
      void host.kill();
    });
    void host.gone.then(() => {
      if (this.#host === host) this.#host = undefined;
    });
    const wrong = await this.#bystanders.check(host);
    if (wrong.length > 0) throw new Error(`After a restart: ${wrong.join('; ')}`);
    this.#bystanders.ask();
    this.#bystanders.start(host);
    await this.#within(host, () => this.#bystanders.all);
    return host;
  }

  /** What `check` returns once that is something truthy; undefined where it never is, or the host ends before. */
  async #within<T>(host: Host, check: () => T | Promise<T>): Promise<T | undefined> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    do {
      const found = await check();
      if (found) return found;
      await wait(10);
    } while (this.#alive(host) && performance.now() < giveUpAt);
    return undefined;
  }
}
