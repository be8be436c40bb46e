import { type Packed, pack } from '../../core/codec.ts';
import { DrowseError } from '../../core/errors.ts';
import { toFault } from '../../core/fault.ts';
import { unknownTool } from '../../core/unknown-tool.ts';
import { BACKGROUND, type Call, type Down, type Telling, type ToolRequest } from '../../workers/protocol.ts';
import type { Hosting } from '../hosting.ts';
import { aborted } from '../messages/cancellation.ts';
import { type Chain, NOBODY, showChain } from '../messages/chain.ts';
import type { Delivery } from '../messages/delivery.ts';
import { keyedBy } from '../messages/once.ts';
import { Reader } from '../messages/reader.ts';
import { checkPatience } from '../settings.ts';
import type { OutputGate } from './output-gate.ts';

type Asked = Call | ToolRequest | Telling;

/** A call whose chunks are read. */
interface Stream {
  readonly reader: Reader;
  readonly leaving: AbortController;
}

/** What a tell is answered with. */
const NOTHING = pack(undefined, 'reply');

/** What the turns of one incarnation have asked others: messages to agents, and calls of tools. */
export class AgentCalls {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #gate: OutputGate;
  readonly #answer: (frame: Down) => void;
  /** What cancels the calls of a turn, by the turn's number. */
  readonly #turns = new Map<number, AbortController>();
  /** Those whose chunks are read, by the call's number. */
  readonly #streams = new Map<number, Stream>();
  /** Cancels the tools, those too that their turns have left behind: no timeout of their own ends those. */
  readonly #closing = new AbortController();

  constructor(agentId: string, hosting: Hosting, gate: OutputGate, answer: (frame: Down) => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#gate = gate;
    this.#answer = answer;
  }

  /** Asks, once all earlier turns are durable; `cause` is the message whose turn does. Never rejects: the turn is answered. */
  async ask(order: Asked, cause: Delivery | undefined): Promise<void> {
    const { call, turn } = order;
    const stream = order.streams ? this.#stream(call) : undefined;
    const ends = [this.#signal(turn)];
    if (stream) ends.push(stream.leaving.signal);
    if (order.kind === 'tool') ends.push(this.#closing.signal);
    const signal = AbortSignal.any(ends);
    try {
      // What was told outlives its thread.
      const passage = this.#gate.passage(order.kind === 'tell' ? undefined : signal);
      if (passage) await passage;
      const reply = await this.#answerTo(order, cause, signal, stream?.reader);
      this.#answer({ kind: 'replied', call, reply });
    } catch (error) {
      this.#answer({ kind: 'refused', call, fault: toFault(error) });
    }
    stream?.reader.end();
    this.#streams.delete(call);
  }

  /** So many more chunks of a call's answer were read. */
  read(call: number, count: number): void {
    this.#streams.get(call)?.reader.read(count);
  }

  /** Cancels one call. */
  leave(call: number): void {
    this.#streams.get(call)?.leaving.abort();
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
    // As it was let out.
    if (signal.aborted) throw aborted(signal);
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

  #stream(call: number): Stream {
    const reader = new Reader((chunk) => this.#answer({ kind: 'chunk', call, chunk }));
    const stream = { reader, leaving: new AbortController() };
    this.#streams.set(call, stream);
    return stream;
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
