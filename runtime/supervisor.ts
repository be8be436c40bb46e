import { EventEmitter } from 'node:events';
import type { AgentStream } from '../core/agent-stream.ts';
import { bytesOf, type Packed } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { packMessage } from '../core/pack-message.ts';
import { LevelStore } from '../storage/level-store.ts';
import type { Store } from '../storage/store.ts';
import type { AgentDefinition } from '../workers/define-agent.ts';
import { Agent } from './agent.ts';
import { AgentHandle, type AnyAgent } from './agent-handle.ts';
import { AgentTypes, type Found } from './agent-types.ts';
import { announce, type SupervisorEvents } from './events.ts';
import { type Inside, keepInside } from './inside.ts';
import { aborted } from './messages/cancellation.ts';
import { DeadLetters } from './messages/dead-letters.ts';
import { readReply } from './messages/delivery.ts';
import { keyOf } from './messages/once.ts';
import { type PendingMessage, readInbox } from './messages/pending-message.ts';
import type { Reader } from './messages/reader.ts';
import { streamOf } from './messages/turn-stream.ts';
import type { CloseOptions, SendOptions, SupervisorOptions, TellOptions } from './options.ts';
import { retire } from './retirement.ts';
import { Services } from './services.ts';
import { checkDrain, checkPatience, resolveSettings, type Settings } from './settings.ts';
import { SharedData } from './shared-data.ts';
import type { AgentInfo, AgentSummary } from './statistics/agent-info.ts';
import { lookAt, statusOf } from './statistics/look.ts';
import { type MemoryReport, reportMemory } from './statistics/memory-report.ts';
import type { SupervisorStats } from './statistics/supervisor-stats.ts';
import { takeStats } from './statistics/take-stats.ts';
import { resolveTools } from './tools/tool-settings.ts';

/**
 * Hosts agents: starts one worker thread per active agent, puts idle ones to sleep, and wakes them when a message comes.
 * Every method takes `"<type>/<key>"`, or a bare key where one type is registered, and rejects with
 * `ERR_DROWSE_INVALID_AGENT_ID`, `ERR_DROWSE_UNKNOWN_TYPE`, or `ERR_DROWSE_CLOSED` once `close` was called.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> implements AsyncDisposable {
  /** The durable messages that were given up. */
  readonly deadLetters: DeadLetters;
  readonly #types: AgentTypes;
  readonly #settings: Settings;
  readonly #services: Services;
  /** The agents that are not asleep. */
  readonly #agents = new Map<string, Agent>();
  readonly #inside: Inside;
  #closing: Promise<void> | undefined;

  private constructor(types: AgentTypes, settings: Settings, shared: SharedData, store: Store) {
    super();
    this.#types = types;
    this.#settings = settings;
    this.#services = new Services({
      settings,
      store,
      types,
      shared,
      announce: (name, event) => announce(this, settings.log, name, event),
      awaken: (agentId) => (this.#closing ? undefined : (this.#agents.get(agentId) ?? this.#awaken(agentId))),
      deletionOf: (agentId) => this.#agents.get(agentId)?.deletion,
    });
    this.#inside = { agents: this.#agents, services: this.#services, idOf: (agentId) => this.#find(agentId).id.full };
    keepInside(this, this.#inside);
    this.deadLetters = new DeadLetters({
      messages: store.messages,
      now: () => settings.clock.now(),
      idOf: (agentId) => this.#find(agentId).id.full,
      told: (agentId, told) => this.#services.told(agentId, told),
      recover: () => this.#services.recover(),
    });
  }

  /**
   * Opens the store and is ready to take messages. Agents for which durable messages wait, or whose alarms are due, are
   * started a few at a time; no other is. Rejects with `ERR_DROWSE_INVALID_OPTIONS`,
   * `ERR_DROWSE_STORE_LOCKED` where another supervisor holds the directory, or `ERR_DROWSE_STORE_FAILED`.
   */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const settings = resolveSettings(options);
    const types = new AgentTypes(options.agents);
    const tools = options.tools === undefined ? undefined : resolveTools(options.tools);
    const shared = await SharedData.read(options.shared);
    const { directory = '' } = options;
    const store = options.store ?? (await LevelStore.open({ directory, durability: settings.durability }));
    const supervisor = new Supervisor(types, settings, shared, store);
    try {
      await supervisor.#services.start(tools);
      return supervisor;
    } catch (error) {
      await supervisor.close();
      throw error;
    }
  }

  /** This supervisor's verbs for one agent, typed: `supervisor.agent<typeof chat>('chat/ada')`. Throws for an id that is none. */
  agent<Definition extends AgentDefinition = AnyAgent>(agentId: string): AgentHandle<Definition> {
    return new AgentHandle(this, this.#find(agentId).id.full);
  }

  /**
   * Sends a message and resolves with the reply, once the turn it caused is durable. Rejects with the agent's own error if
   * its handler threw (the state is then unchanged), or with a `DrowseError` whose `code` says what happened. The
   * message is copied at the call.
   */
  send<Reply = unknown>(agentId: string, message: unknown, options: SendOptions = {}): Promise<Reply> {
    return this.#send(agentId, message, options);
  }

  /**
   * Sends a message and returns what its turn yields, each chunk as it comes, and its reply. The message is sent at the call, whether or
   * not anybody reads. Rejects as `send` does, through the loop and `reply`. A repeat under an idempotency key gets the reply alone.
   */
  stream<Chunk = unknown, Reply = unknown>(
    agentId: string,
    message: unknown,
    options: SendOptions = {},
  ): AgentStream<Chunk, Reply> {
    return streamOf(options.signal, (signal, reader) =>
      this.#send<Reply>(agentId, message, { ...options, signal }, reader),
    );
  }

  /**
   * Tells an agent a message that it need not answer. Resolves once that is on disk: it is then processed, exactly once as
   * far as states show, through crashes of the agent and of this process. A turn of it that throws or crashes is
   * tried again, after a wait that grows; after `maxAttempts` the message moves to the dead letters. Rejects with
   * `ERR_DROWSE_STORE_FAILED` where it may or may not have been stored.
   */
  async tell(agentId: string, message: unknown, options: TellOptions = {}): Promise<void> {
    const { id } = this.#find(agentId);
    const body = bytesOf(this.#pack(id.full, message));
    const keyed = keyOf('tell', id.full, message, options.idempotencyKey);
    return this.#services.tell(id.full, body, { keyed });
  }

  /** The durable messages an agent has not processed, without waking it: alarms that are due, then what was told, the oldest first. */
  async *inbox(agentId: string): AsyncGenerator<PendingMessage, void> {
    const { id } = this.#find(agentId);
    yield* readInbox(this.#services.store.messages, id.full, this.#settings.clock.now());
  }

  /**
   * Gives up one message of an inbox: it moves to the dead letters. Of one whose turn runs, the turn is cancelled. False
   * where no message of that id waits, or where its turn committed before it could be cancelled.
   */
  async skip(agentId: string, messageId: string): Promise<boolean> {
    const number = /^\d{1,14}$/.test(messageId) ? Number(messageId) : 0;
    return number > 0 && this.#awaken(agentId).skip(number);
  }

  /**
   * Replaces one piece of the shared data; takes what `shared` of `open` takes, except for files. Turns of messages that are sent from
   * now on see it, and `activate` and `passivate`; a turn that runs keeps what it began with. Throws `ERR_DROWSE_INVALID_OPTIONS`, and
   * replaces nothing, for a name that was not declared, or a value that is none.
   */
  share(name: string, value: unknown): void {
    this.#mustBeOpen();
    this.#services.share(name, value);
  }

  /** Lets an agent out of quarantine: it takes turns again, and wakes for what waits. False if it was in none. */
  async release(agentId: string): Promise<boolean> {
    return this.#services.release(this.#find(agentId).id.full);
  }

  /** Wakes an agent ahead of use, creating it if need be; commits nothing. Rejects where it cannot be started. */
  async warm(agentId: string): Promise<void> {
    this.#services.quarantines.mustBeFree(this.#find(agentId).id.full);
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
    this.#services.once.forget(this.#find(agentId).id.full);
    return this.#awaken(agentId).delete();
  }

  /**
   * Looks at an agent without waking it or keeping it awake; with `state`, at its committed state too, which is decoded
   * in a helper thread. Undefined if the agent neither exists nor is being started.
   */
  async inspect(agentId: string, options: { state?: boolean } = {}): Promise<AgentInfo | undefined> {
    return lookAt(this.#find(agentId).id, this.#inside, options);
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
    for await (const { agentId, createdAt } of this.#services.store.list(range)) {
      const slash = agentId.indexOf('/');
      const status = statusOf(agentId, this.#inside);
      yield { id: agentId, type: agentId.slice(0, slash), key: agentId.slice(slash + 1), status, createdAt };
    }
  }

  /** Figures of now, and counts since the supervisor was opened. Cheap enough to be called every second. */
  stats(): SupervisorStats {
    return takeStats(this.#agents.values(), this.#services);
  }

  /** Where the host's memory is: not for every second, it reads what the system knows of all its pages and asks each thread. */
  memory(): Promise<MemoryReport> {
    return reportMemory(this.#services.holders);
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
    this.#services.quiesce();
    await retire(this.#agents, drainMs, this.#services);
    await this.#services.stop();
  }

  async #send<Reply>(agentId: string, message: unknown, options: SendOptions, reader?: Reader): Promise<Reply> {
    const { signal, timeoutMs = this.#settings.sendTimeoutMs, idempotencyKey } = options;
    checkPatience(signal, timeoutMs);
    const { id } = this.#find(agentId);
    const body = this.#pack(id.full, message);
    if (signal?.aborted) throw aborted(signal);
    const keyed = keyOf('send', id.full, message, idempotencyKey);
    const how = { keyed, ...(reader && { reader }) };
    return readReply(await this.#services.send(id.full, body, { signal, timeoutMs }, how)) as Reply;
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor is closed.');
  }

  #find(agentId: string): Found {
    this.#mustBeOpen();
    // One that is awake was found before.
    return this.#agents.get(agentId) ?? this.#types.find(agentId);
  }

  /** The agent's object, made if it was asleep. */
  #awaken(agentId: string): Agent {
    const { id, type } = this.#find(agentId);
    let agent = this.#agents.get(id.full);
    if (agent === undefined) {
      agent = new Agent(id, type, this.#services, (slept) => {
        // Another may stand for the same id by now.
        if (this.#agents.get(id.full) === slept) this.#agents.delete(id.full);
      });
      this.#agents.set(id.full, agent);
    }
    return agent;
  }

  #pack(agentId: string, message: unknown): Packed {
    return packMessage(message, { maxMessageBytes: this.#settings.maxMessageBytes, agentId });
  }
}
