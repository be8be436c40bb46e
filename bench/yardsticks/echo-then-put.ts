import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import type { Durability } from 'drowse';
import { Level } from 'level';
import { BareWorker } from './bare-worker.ts';

interface Options {
  readonly directory: string;
  readonly durability: Durability;
  /** The bytes of a message, through the worker and back. */
  readonly message: Uint8Array;
  /** The bytes of its record. */
  readonly record: Uint8Array;
}

/** What a durable turn cannot do without: the message through a thread and back, then its record into LevelDB. */
export class EchoThenPut implements AsyncDisposable {
  readonly #options: Options;
  readonly #level: Level<Buffer, Uint8Array>;
  readonly #worker = new BareWorker();
  readonly #cleanUp: () => Promise<void>;
  #sequence = 0;

  private constructor(options: Options, directory: string, cleanUp: () => Promise<void>) {
    this.#options = options;
    this.#cleanUp = cleanUp;
    this.#level = new Level(directory, { keyEncoding: 'buffer', valueEncoding: 'view' });
  }

  static async open(options: Options): Promise<EchoThenPut> {
    const scratch = await mkdtempDisposable(join(options.directory, 'drowse-bench-'));
    const loop = new EchoThenPut(options, scratch.path, () => scratch.remove());
    await loop.#level.open();
    return loop;
  }

  /** Resolves with the key of the record. */
  async call(): Promise<Buffer> {
    const { message, record, durability } = this.#options;
    await this.#worker.echo(message);
    const key = Buffer.from('echo/a 000000');
    key.writeUIntBE(++this.#sequence, key.length - 6, 6);
    await this.#level.put(key, record, { sync: durability === 'fsync' });
    return key;
  }

  /** The same, and reads the record back. */
  async callAndGet(): Promise<void> {
    await this.#level.get(await this.call());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
    await this.#level.close();
    await this.#cleanUp();
  }
}
