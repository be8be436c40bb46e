import type { Readable, Writable } from 'node:stream';
import { deserialize, serialize } from 'node:v8';

const HEADER_BYTES = 4;

export interface ChannelOptions<In> {
  /** The largest message that is taken. */
  readonly maxBytes: number;
  readonly onMessage: (message: In) => void;
  /** What came is no message. Nothing that comes after it is read. */
  readonly onGarbage: (error: Error) => void;
}

/**
 * Messages over two streams between two processes: each its length in four bytes, then itself, as structured clone encodes it.
 * Node's own channel for child processes would end the reading process over a single byte that is out of place. A stream each way:
 * over one, what a process wrote before its end would be lost where it had not read all, or more was written to it.
 */
export class Channel<Out, In> {
  readonly #output: Writable;
  readonly #options: ChannelOptions<In>;
  #chunks: Buffer[] = [];
  #unread = 0;
  /** How many bytes there have to be before anything can be read. */
  #wanted = HEADER_BYTES;
  #broken = false;

  constructor(input: Readable, output: Writable, options: ChannelOptions<In>) {
    this.#output = output;
    this.#options = options;
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    // The end of the other side is told in another way.
    for (const stream of [input, output]) stream.on('error', () => {});
  }

  send(message: Out): void {
    if (!this.#output.writable) return;
    const body = serialize(message);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(body.length);
    this.#output.write(body.length < 65_536 ? Buffer.concat([header, body]) : header);
    if (body.length >= 65_536) this.#output.write(body);
  }

  #take(chunk: Buffer): void {
    if (this.#broken) return;
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    if (this.#unread < this.#wanted) return;
    try {
      this.#read(this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks));
    } catch (error) {
      this.#broken = true;
      this.#chunks = [];
      this.#options.onGarbage(error as Error);
    }
  }

  #read(bytes: Buffer): void {
    let from = 0;
    for (;;) {
      this.#wanted = HEADER_BYTES;
      if (bytes.length - from < HEADER_BYTES) break;
      const length = bytes.readUInt32LE(from);
      if (length > this.#options.maxBytes) throw new RangeError(`a message of ${length} bytes was announced`);
      this.#wanted = HEADER_BYTES + length;
      if (bytes.length - from < this.#wanted) break;
      // A copy: what it holds of bytes would else keep all that was read with it.
      this.#options.onMessage(deserialize(Uint8Array.from(bytes.subarray(from + HEADER_BYTES, from + this.#wanted))));
      from += this.#wanted;
    }
    this.#unread = bytes.length - from;
    this.#chunks = this.#unread === 0 ? [] : [bytes.subarray(from)];
  }
}
