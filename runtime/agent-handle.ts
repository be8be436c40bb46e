import type { AgentStream } from '../core/agent-stream.ts';
import type { AgentDefinition, ChunkOf, MessageOf, ReplyOf, StateOf } from '../workers/define-agent.ts';
import type { PendingMessage } from './messages/pending-message.ts';
import type { SendOptions, TellOptions } from './options.ts';
import type { AgentInfo } from './statistics/agent-info.ts';

/** Whose verbs a handle has: a supervisor. */
interface Host {
  send<Reply>(agentId: string, message: unknown, options?: SendOptions): Promise<Reply>;
  stream<Chunk, Reply>(agentId: string, message: unknown, options?: SendOptions): AgentStream<Chunk, Reply>;
  tell(agentId: string, message: unknown, options?: TellOptions): Promise<void>;
  warm(agentId: string): Promise<void>;
  passivate(agentId: string): Promise<boolean>;
  delete(agentId: string): Promise<boolean>;
  inspect(agentId: string, options?: { state?: boolean }): Promise<AgentInfo | undefined>;
  inbox(agentId: string): AsyncGenerator<PendingMessage, void>;
  skip(agentId: string, messageId: string): Promise<boolean>;
  release(agentId: string): Promise<boolean>;
}

/** The definition of an agent that nothing is known of. */
export type AnyAgent = AgentDefinition<unknown, unknown, unknown, unknown, unknown>;

/**
 * The verbs of a {@link Supervisor} for one agent, typed by its definition: each does what the supervisor's does. A handle is an id
 * and nothing more: it wakes nobody, keeps nobody awake, and holds for whatever agent has the id.
 */
export class AgentHandle<Definition extends AgentDefinition = AnyAgent> {
  /** The full id, `"<type>/<key>"`. */
  readonly id: string;
  readonly #host: Host;

  constructor(host: Host, id: string) {
    this.#host = host;
    this.id = id;
  }

  send(message: MessageOf<Definition>, options?: SendOptions): Promise<ReplyOf<Definition>> {
    return this.#host.send(this.id, message, options);
  }

  stream(message: MessageOf<Definition>, options?: SendOptions): AgentStream<ChunkOf<Definition>, ReplyOf<Definition>> {
    return this.#host.stream(this.id, message, options);
  }

  tell(message: MessageOf<Definition>, options?: TellOptions): Promise<void> {
    return this.#host.tell(this.id, message, options);
  }

  warm(): Promise<void> {
    return this.#host.warm(this.id);
  }

  passivate(): Promise<boolean> {
    return this.#host.passivate(this.id);
  }

  delete(): Promise<boolean> {
    return this.#host.delete(this.id);
  }

  inspect(options?: { state?: boolean }): Promise<AgentInfo<StateOf<Definition>> | undefined> {
    return this.#host.inspect(this.id, options) as Promise<AgentInfo<StateOf<Definition>> | undefined>;
  }

  inbox(): AsyncGenerator<PendingMessage, void> {
    return this.#host.inbox(this.id);
  }

  skip(messageId: string): Promise<boolean> {
    return this.#host.skip(this.id, messageId);
  }

  release(): Promise<boolean> {
    return this.#host.release(this.id);
  }
}
