import type { Endpoint } from 'comlink';

type Hears = (event: { data: unknown }) => void;
type Listener = Parameters<Endpoint['addEventListener']>[1];

/** One end of the control plane where it is carried by the channel between two processes. */
export class ChannelEndpoint implements Endpoint {
  readonly #send: (data: unknown) => void;
  readonly #listeners = new Set<Hears>();

  constructor(send: (data: unknown) => void) {
    this.#send = send;
  }

  postMessage(data: unknown): void {
    this.#send(data);
  }

  addEventListener(_type: string, listener: Listener): void {
    this.#listeners.add(listener as unknown as Hears);
  }

  removeEventListener(_type: string, listener: Listener): void {
    this.#listeners.delete(listener as unknown as Hears);
  }

  /** What the other end has sent. */
  hear(data: unknown): void {
    for (const listener of this.#listeners) listener({ data });
  }
}
