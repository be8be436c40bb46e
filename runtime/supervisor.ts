import { EventEmitter } from 'node:events';
import { encode } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { Timers } from '../core/timers.ts';
import { LevelStore } from '../storage/level-store.ts';
import type { Store } from '../storage/store.ts';
import { Agent } from './agent.ts';
import type { AgentInfo, AgentSummary } from './agent-info.ts';
import { AgentTypes } from './agent-types.ts';
import { aborted, cancelOn } from './cancellation.ts';
import { Counters } from './counters.ts';
import { Delivery } from './delivery.ts';
import type { SupervisorEvents } from './events.ts';
import { HelperPool } from './helper-pool.ts';
import type { Hosting } from './hosting.ts';
import { IdleSweep } from './idle-sweep.ts';
import { inspectAwake, why } from './inspection.ts';
import { MemoryReturn } from './memory-return.ts';
import type { CloseOptions, SendOptions, SupervisorOptions } from './options.ts';
import { checkDrain, checkPatience, resolveSettings, type Settings } from './settings.ts';
import type { SupervisorStats } from './supervisor-stats.ts';
import { takeStats } from './take-stats.ts';
import { Threads } from './threads.ts';

/**
 * Hosts agents: starts one worker thread per active agent, puts idle ones to sleep, and wakes them when a message comes.
 * Every method takes `"<type>/<key>"`, or a bare key where one type is registered, and rejects with
 * `ERR_DROWSE_INVALID_AGENT_ID`, `ERR_DROWSE_UNKNOWN_TYPE`, or `ERR_DROWSE_CLOSED` once `close` was called.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> implements AsyncDisposable {
  readonly #types: AgentTypes;
  readonly #settings: Settings;
  readonly #hosting: Hosting;
  readonly #helpers = new HelperPool();
  readonly #memoryReturn: MemoryReturn;
  /** The agents that are not asleep. */
  readonly #agents = new Map<string, Agent>();
  #closing: Promise<void> | undefined;

  private constructor(types: AgentTypes, settings: Settings, store: Store) {
    super();
    this.#types = types;
    this.#settings = settings;
    this.#memoryReturn = new MemoryReturn(settings.clock, this.#helpers);
    this.#hosting = {
      settings,
      store,
      threads: new Threads(() => this.#memoryReturn.threadEnded()),
      timers: new Timers(settings.clock),
      idle: new IdleSweep(settings.clock, settings.sweepIntervalMs),
      counters: new Counters(),
      announce: (name, event) => this.#announce(name, event),
    };
    this.#hosting.idle.start();
  }

  /**
   * Opens the store and is ready to take messages; no agent is started. Rejects with `ERR_DROWSE_INVALID_OPTIONS`,
   * `ERR_DROWSE_STORE_LOCKED` where another supervisor holds the directory, or `ERR_DROWSE_STORE_FAILED`.
   */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const settings = resolveSettings(options);
    const types = new AgentTypes(options.agents);
    const { directory = '' } = options;
    const store = options.store ?? (await LevelStore.open({ directory, durability: settings.durability }));
    return new Supervisor(types, settings, store);
  }

  /**
   * Sends a message and resolves with the reply, once the turn it caused is durable. Rejects with the agent's own error if
   * its handler threw (the state is then unchanged), or with a `DrowseError` whose `code` says what happened. The
   * message is copied at the call.
   */
  async send<Reply = unknown>(agentId: string, message: unknown, options: SendOptions = {}): Promise<Reply> {
    const { signal, timeoutMs = this.#settings.sendTimeoutMs } = options;
    checkPatience(signal, timeoutMs);
    const delivery = this.#delivery(agentId, message);
    if (signal?.aborted) throw aborted(signal);
    const agent = this.#awaken(agentId);
    cancelOn({ signal, timeoutMs }, delivery, this.#hosting.timers, (why) => agent.cancel(delivery, why));
    agent.accept(delivery);
    return delivery.reply as Promise<Reply>;
  }

  /** Wakes an agent ahead of use, creating it if need be; commits nothing. Rejects where it cannot be started. */
  async warm(agentId: string): Promise<void> {
    return this.#awaken(agentId).warm();
  }

  /** Puts an agent to sleep as soon as no message waits for it. False if it was asleep already. */
  async passivate(agentId: string): Promise<boolean> {
    const agent = this.#agents.get(this.#find(agentId).id.full);
    if (agent === undefined) return false;
    await agent.passivate('asked');
    return true;
  }

  /**
   * Removes an agent: its thread and all that is stored of it. Messages waiting or running are rejected with
   * `ERR_DROWSE_ABORTED`; later ones start a new agent. False if it did not exist.
   */
  async delete(agentId: string): Promise<boolean> {
    return this.#awaken(agentId).delete();
  }

  /**
   * Looks at an agent without waking it or keeping it awake; with `state`, at its committed state too, which is decoded
   * in a helper thread. Undefined if the agent neither exists nor is being started.
   */
  async inspect(agentId: string, options: { state?: boolean } = {}): Promise<AgentInfo | undefined> {
    const { id } = this.#find(agentId);
    const stored = await this.#hosting.store.read(id.full);
    const state = options.state && stored && { state: await this.#helpers.run('fold-state', stored) };
    const heap = await this.#agents.get(id.full)?.incarnation?.thread?.heap();
    // From here on without an await: what is said of the agent belongs to one moment.
    const agent = this.#agents.get(id.full);
    if (agent === undefined && stored === undefined) return undefined;
    const awake = agent && inspectAwake(agent, heap, this.#settings.clock.now());
    const status = agent?.state ?? 'dormant';
    return {
      id: id.full,
      type: id.type,
      key: id.key,
      status,
      why: why(status, awake, this.#settings.sweepIntervalMs),
      sequence: stored?.sequence ?? 0,
      createdAt: stored?.createdAt,
      awake,
      ...state,
    };
  }

  /** The agents that exist, in the order of their ids; reads the store as the loop goes. `after` is an agent id. */
  async *list(query: { type?: string; after?: string; limit?: number } = {}): AsyncGenerator<AgentSummary> {
    this.#mustBeOpen();
    const { type, after, limit } = query;
    if (type !== undefined) this.#types.find(`${type}/any`);
    const range = {
      ...(type !== undefined && { prefix: `${type}/` }),
      ...(after !== undefined && { after: this.#types.find(after).id.full }),
      ...(limit !== undefined && { limit }),
    };
    for await (const { agentId, createdAt } of this.#hosting.store.list(range)) {
      const slash = agentId.indexOf('/');
      const status = this.#agents.get(agentId)?.state ?? 'dormant';
      yield { id: agentId, type: agentId.slice(0, slash), key: agentId.slice(slash + 1), status, createdAt };
    }
  }

  /** Figures of now, and counts since the supervisor was opened. Cheap enough to be called every second. */
  stats(): SupervisorStats {
    return takeStats(this.#agents.values(), this.#hosting);
  }

  /**
   * Takes no more messages, lets those in hand finish within `drainMs`, puts every agent to sleep and lets go of the
   * store. What is not finished by then is cancelled and rejected with `ERR_DROWSE_CLOSED`. Calling it twice is fine.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      const drainMs = checkDrain(options.drainMs ?? 10_000);
      this.#closing ??= this.#close(drainMs);
      return this.#closing;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const { idle, timers, store } = this.#hosting;
    idle.stop();
    const agents = [...this.#agents.values()];
    const asleep = Promise.all(agents.map((agent) => this.#retire(agent)));
    const closed = () =>
      new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor was closed before this message was processed.');
    if (!(await this.#within(drainMs, asleep))) {
      for (const agent of agents) agent.cancelAll(closed());
      if (!(await this.#within(this.#settings.abortGraceMs, asleep)))
        for (const agent of this.#agents.values()) agent.abort(closed());
      await asleep;
    }
    timers.clear();
    this.#memoryReturn.stop();
    await this.#helpers.close();
    await store.close();
  }

  /** An agent that wakes for messages that were behind its sleep is put to sleep again. */
  async #retire(agent: Agent): Promise<void> {
    while (this.#agents.has(agent.id.full)) await agent.passivate('closing');
  }

  async #within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const { timers } = this.#hosting;
    const { promise, resolve } = Promise.withResolvers<false>();
    const late = timers.add(ms, () => resolve(false));
    const done = await Promise.race([work.then(() => true), promise]);
    timers.cancel(late);
    return done;
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor is closed.');
  }

  #find(agentId: string): ReturnType<AgentTypes['find']> {
    this.#mustBeOpen();
    return this.#types.find(agentId);
  }

  /** The agent's object, made if it was asleep. */
  #awaken(agentId: string): Agent {
    const { id, type } = this.#find(agentId);
    let agent = this.#agents.get(id.full);
    if (agent === undefined) {
      agent = new Agent(id, type, this.#hosting, () => this.#agents.delete(id.full));
      this.#agents.set(id.full, agent);
    }
    return agent;
  }

  #delivery(agentId: string, message: unknown): Delivery {
    const { id } = this.#find(agentId);
    const body = encode(message, 'message');
    const { maxMessageBytes, clock } = this.#settings;
    if (body.length > maxMessageBytes) {
      const text = `The message has ${body.length} bytes; maxMessageMb allows ${maxMessageBytes}. Send less, or raise maxMessageMb.`;
      throw new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text, { agentId: id.full });
    }
    return new Delivery(body, clock.elapsed());
  }

  #announce<Name extends keyof SupervisorEvents>(name: Name, event: SupervisorEvents[Name][0]): void {
    // `err` is the key under which loggers show an error whole.
    const { cause: err, ...fields } = event as { agentId: string; cause?: Error };
    this.#settings.log[err ? 'warn' : 'debug']({ event: name, ...fields, ...(err && { err }) }, `agent ${name}`);
    // Not now: a listener may call what changes the agent that is just being changed.
    queueMicrotask(() => {
      try {
        (this as EventEmitter).emit(name, event);
      } catch (err) {
        this.#settings.log.error({ event: name, err }, 'a listener threw');
      }
    });
  }
}
