import { asError, DrowseError } from '../../core/errors.ts';
import { toFault } from '../../core/fault.ts';
import { BACKGROUND, type Call, type Down } from '../../workers/protocol.ts';
import type { Hosting } from '../hosting.ts';
import { type Chain, NOBODY, showChain } from '../messages/chain.ts';
import type { Delivery, Reader } from '../messages/delivery.ts';
import { keyedBy } from '../messages/once.ts';
import { checkPatience } from '../settings.ts';

/** The messages that the turns of one incarnation have sent to other agents. */
export class AgentCalls {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #answer: (frame: Down) => void;
  /** What cancels the calls of a turn, by the turn's number. */
  readonly #turns = new Map<number, AbortController>();
  /** Those whose chunks are read, by the call's number. */
  readonly #streams = new Map<number, { readonly leaving: AbortController; read: (count: number) => void }>();

  constructor(agentId: string, hosting: Hosting, answer: (frame: Down) => void) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#answer = answer;
  }

  /** Sends a message; `cause` is the one whose turn sends it. Never rejects: the turn is answered. */
  async send(order: Call, cause: Delivery | undefined): Promise<void> {
    const { call, turn, to, body, timeoutMs, once } = order;
    try {
      const chain = [...(cause?.chain ?? NOBODY), this.#agentId];
      const awaitedBy = turn === BACKGROUND ? 0 : (cause?.awaitedBy ?? 0) + 1;
      if (chain.slice(chain.length - awaitedBy).includes(to)) throw cycle(chain, to);
      const reader = order.streams ? this.#reader(call) : undefined;
      const left = this.#streams.get(call)?.leaving.signal;
      const ended = this.#signal(turn);
      const signal = left ? AbortSignal.any([ended, left]) : ended;
      const patience = { signal, timeoutMs: timeoutMs ?? this.#hosting.settings.sendTimeoutMs };
      checkPatience(patience.signal, patience.timeoutMs);
      const keyed = once && keyedBy(to, once.key, once.fingerprint);
      const reply = await this.#hosting.send(to, body, patience, { keyed, chain, awaitedBy, reader });
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
  refuse({ call }: Call, cause: Error): void {
    this.#answer({ kind: 'refused', call, fault: toFault(asError(cause)) });
  }

  /** The turn of that number is over; `cancelled` where nobody wants to know any more what it had asked. */
  end(turn: number, cancelled: boolean): void {
    if (this.#turns.size === 0) return;
    if (cancelled) this.#turns.get(turn)?.abort();
    this.#turns.delete(turn);
  }

  /** Cancels whatever is under way. */
  cancelAll(): void {
    for (const turn of this.#turns.values()) turn.abort();
    this.#turns.clear();
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
