import { type Packed, pack } from '../../core/codec.ts';
import { asError, DrowseError } from '../../core/errors.ts';
import { toFault } from '../../core/fault.ts';
import { unknownTool } from '../../core/unknown-tool.ts';
import { BACKGROUND, type Call, type Down, type Telling, type ToolRequest } from '../../workers/protocol.ts';
import type { Hosting } from '../hosting.ts';
import { type Chain, NOBODY, showChain } from '../messages/chain.ts';
import type { Delivery, Reader } from '../messages/delivery.ts';
import { keyedBy } from '../messages/once.ts';
import { checkPatience } from '../settings.ts';

type Asked = Call | ToolRequest | Telling;

/** What a tell is answered with. */
const NOTHING = pack(undefined, 'reply');

/** What the turns of one incarnation have asked others: messages to agents, and calls of tools. */
export class AgentCalls {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #answer: (frame: Down) => void;
  /** What cancels the calls of a turn, by the turn's number. */
  readonly #turns = new Map<number, AbortController>();
  /** Those whose chunks are read, by the call's number. */
  readonly #streams = new Map<number, { readonly leaving: AbortController; read: (count: number) => void }>();
  /** Cancels the tools, those too that their turns have left behind: no timeout of their own ends those. */
  readonly #closing = new AbortController();

  constructor(agentId: string, hosting: Hosting, answer: (frame: Down) => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#answer = answer;
  }

  /** Asks; `cause` is the message whose turn does. Never rejects: the turn is answered. */
  async ask(order: Asked, cause: Delivery | undefined): Promise<void> {
    const { call, turn } = order;
    try {
      const reader = order.streams ? this.#reader(call) : undefined;
      const ends = [this.#signal(turn)];
      const left = this.#streams.get(call)?.leaving.signal;
      if (left) ends.push(left);
      if (order.kind === 'tool') ends.push(this.#closing.signal);
      const signal = AbortSignal.any(ends);
      const reply = await this.#answerTo(order, cause, signal, reader);
      this.#answer({ kind: 'replied', call, reply });
    } catch (error) {
      this.#answer({ kind: 'refused', call, fault: toFault(error) });
    }
    this.#streams.delete(call);
  }

  /** So many more chunks of a call's answer were read. */
  read(call: number, count: number): void {
    this.#streams.get(call)?.read(count);
  }

  /** Cancels one call. */
  leave(call: number): void {
    this.#streams.get(call)?.leaving.abort();
  }

  /** What the turn would have said must not be said. */
  refuse({ call }: Asked, cause: Error): void {
    this.#answer({ kind: 'refused', call, fault: toFault(asError(cause)) });
  }

  /** The turn of that number is over; `cancelled` where nobody wants to know any more what it had asked. */
  end(turn: number, cancelled: boolean): void {
    if (this.#turns.size === 0) return;
    if (cancelled) this.#turns.get(turn)?.abort();
    this.#turns.delete(turn);
  }

  /** Cancels whatever is under way, but for messages that their turns have left behind. */
  cancelAll(): void {
    this.#closing.abort();
    for (const turn of this.#turns.values()) turn.abort();
    this.#turns.clear();
  }

  async #answerTo(
    order: Asked,
    cause: Delivery | undefined,
    signal: AbortSignal,
    reader: Reader | undefined,
  ): Promise<Packed> {
    switch (order.kind) {
      case 'call':
        return this.#send(order, cause, signal, reader);
      case 'tool':
        return this.#use(order, signal, reader);
      case 'tell':
        await this.#hosting.tell(order.to, order.body, { chain: [this.#agentId] });
        return NOTHING;
    }
  }

  async #send(
    { turn, to, body, timeoutMs = this.#hosting.settings.sendTimeoutMs, once }: Call,
    cause: Delivery | undefined,
    signal: AbortSignal,
    reader: Reader | undefined,
  ): Promise<Packed> {
    const chain = [...(cause?.chain ?? NOBODY), this.#agentId];
    const awaitedBy = turn === BACKGROUND ? 0 : (cause?.awaitedBy ?? 0) + 1;
    if (chain.slice(chain.length - awaitedBy).includes(to)) throw cycle(chain, to);
    checkPatience(signal, timeoutMs);
    const keyed = once && keyedBy(to, once.key, once.fingerprint);
    return this.#hosting.send(to, body, { signal, timeoutMs }, { keyed, chain, awaitedBy, reader });
  }

  #use({ tool, args }: ToolRequest, signal: AbortSignal, reader: Reader | undefined): Promise<Packed> {
    const { tools } = this.#hosting;
    if (tools === undefined) throw unknownTool(tool, []);
    const options = {
      agentId: this.#agentId,
      signal,
      ...(reader && { onChunk: (chunk: Packed) => reader.push(chunk) }),
    };
    const used = tools.call(tool, args, options);
    reader?.open((count) => used.read(count));
    return used.reply;
  }

  #reader(call: number): Reader {
    const stream = { leaving: new AbortController(), read: (_count: number) => {} };
    this.#streams.set(call, stream);
    return {
      push: (chunk) => this.#answer({ kind: 'chunk', call, chunk }),
      open: (read) => {
        stream.read = read;
      },
    };
  }

  #signal(turn: number): AbortSignal {
    const known = this.#turns.get(turn);
    if (known) return known.signal;
    const made = new AbortController();
    this.#turns.set(turn, made);
    return made.signal;
  }
}

function cycle(chain: Chain, to: string): DrowseError {
  const text = `${showChain([...chain, to])}: this message would wait for the turn that sends it. Use tell(), or answer first.`;
  return new DrowseError('ERR_DROWSE_CALL_CYCLE', text, { agentId: to });
}
