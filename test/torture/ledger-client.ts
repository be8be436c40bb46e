import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentInfo, DeadLetter, Durability } from 'drowse';
import type { Ledger } from '../fixtures/ledger.ts';

const BIN = join(import.meta.dirname, '../../dist/cli/drowse.js');
const CONFIG = fileURLToPath(new URL('../fixtures/ledger-config.ts', import.meta.url));

/** A request that the host refused, or did not live to answer. */
export class Refused extends Error {
  /** `GONE` where the host was killed, `DIED` where it ended by itself. */
  readonly code: string;

  constructor(code: string, message = code) {
    super(message);
    this.code = code;
  }
}

/** One client's connection to hosts, which comes to a new one by itself. */
export class Connection {
  // One socket, so that what is asked arrives in the order it was asked.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** Resolves with the body of an answer that is a success; rejects with {@link Refused}. */
  async ask<T>(host: LedgerHost, path: string, message?: unknown, key?: string): Promise<T> {
    const url = await host.url();
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const how = { agent: this.#agent, ...(message !== undefined && { method: 'POST', headers }) };
    const outgoing = request(`${url}${path}`, how, (response) => {
      response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(message === undefined ? undefined : JSON.stringify(message));
    let text: string;
    try {
      text = await promise;
    } catch (error) {
      throw host.killed ? new Refused('GONE') : new Refused('DIED', `${(error as Error).message}\n${host.output}`);
    }
    const body = JSON.parse(text) as T & { error?: { code: string; message: string } };
    if (body.error) throw new Refused(body.error.code, body.error.message);
    return body;
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface HostOptions {
  readonly durability?: Durability;
  readonly idleMs?: number;
  readonly maxAttempts?: number;
}

/** `drowse serve` in a process of its own: the one that its launcher would start. */
export class LedgerHost {
  readonly process: ChildProcess;
  /** Once the process is gone, and all that it said can be read. */
  readonly gone: Promise<unknown>;
  readonly #connection = new Connection();
  readonly #url = Promise.withResolvers<string>();
  #killed = false;
  #output = '';

  constructor(directory: string, { durability = 'fsync', idleMs, maxAttempts }: HostOptions = {}) {
    const flags = ['--config', CONFIG, '--directory', directory, '--port', '0', '--durability', durability];
    this.process = fork(BIN, ['--launched', 'serve', ...flags], {
      execArgv: ['--no-memory-pool-share-memory-on-teardown'],
      silent: true,
      // Not the test's own environment: what tap puts there would be loaded by every child.
      env: {
        PATH: process.env.PATH,
        DROWSE_LOG: 'error',
        ...(idleMs !== undefined && { LEDGER_IDLE_MS: String(idleMs) }),
        ...(maxAttempts !== undefined && { LEDGER_ATTEMPTS: String(maxAttempts) }),
      },
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        const url = /listens on (\S+)/.exec(this.#output)?.[1];
        if (url) this.#url.resolve(url);
      });
    }
    this.#url.promise.catch(() => {});
    this.gone = once(this.process, 'close').then(() => {
      this.#connection.close();
      this.#url.reject(new Refused(this.#killed ? 'GONE' : 'DIED', this.#output));
    });
  }

  /** Whether the test has killed it. */
  get killed(): boolean {
    return this.#killed;
  }

  /** All that it printed. */
  get output(): string {
    return this.#output;
  }

  /** Where it listens; rejects with {@link Refused} where it does not live to. */
  url(): Promise<string> {
    return this.#url.promise;
  }

  kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): void {
    this.#killed = true;
    this.process.kill(signal);
  }

  /** What is known of an agent, which is not woken for that; undefined where there is none. */
  async inspect<State = Ledger>(agent: string): Promise<(AgentInfo & { state?: State }) | undefined> {
    try {
      return await this.#connection.ask(this, `/agents/${agent}?state=true`);
    } catch (error) {
      if (error instanceof Refused && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const { deadLetters } = await this.#connection.ask<{ deadLetters: DeadLetter[] }>(this, '/dead-letters?limit=1000');
    return deadLetters;
  }
}

interface Said {
  readonly entry: object;
  readonly key: string;
  reply?: unknown;
}

export type How = 'send' | 'keyed send' | 'tell' | 'keyed tell';

/**
 * One client, which enters numbers into one ledger, the next when the last was acknowledged, and keeps its own log of what
 * was. What is not acknowledged, as the host is gone or its disk full, may have been entered; under a key it is repeated.
 */
export class Client {
  readonly agent: string;
  readonly name: string;
  readonly how: How;
  readonly #connection = new Connection();
  readonly #path: string;
  sent = 0;
  acknowledged = 0;
  /** Those that were told and not acknowledged: they may be missing. */
  readonly #doubtful = new Set<number>();
  /** The last entry, and what was replied to it. */
  #last: Said | undefined;

  constructor(agent: string, name: string, how: How) {
    this.agent = agent;
    this.name = name;
    this.how = how;
    this.#path = how.endsWith('send') ? `/agents/${agent}` : `/tell/${agent}`;
  }

  get keyed(): boolean {
    return this.how.startsWith('keyed');
  }

  /** Enters the next number; resolves once it is acknowledged. */
  async enter(host: LedgerHost, details: object): Promise<void> {
    this.sent += 1;
    const entry = { ...details, do: 'enter', teller: this.name, number: this.sent };
    this.#last = { entry, key: `${this.name}-${this.sent}` };
    this.#doubtful.add(this.sent);
    await this.#say(host);
  }

  /** Repeats under its key what was not acknowledged, or what was: that changes nothing. Returns what is wrong. */
  async settle(host: LedgerHost): Promise<string[]> {
    if (!this.keyed || this.#last === undefined) return [];
    const { reply } = this.#last;
    await this.#say(host);
    const same = reply === undefined || JSON.stringify(reply) === JSON.stringify(this.#last.reply);
    return same ? [] : [`a repeat of ${this.sent} got another reply`];
  }

  /** Compares the ledger with this log; `settled` says whether all is processed. Returns what is wrong. */
  compare(ledger: Ledger | undefined, settled: boolean): string[] {
    const { last, missing } = ledger?.tellers[this.name] ?? { last: 0, missing: [] };
    const { acknowledged, sent } = this;
    const wrong: string[] = [];
    const expected = settled || this.how.endsWith('send');
    if (last > sent) wrong.push(`it has ${last}, and ${sent} were sent`);
    if (expected && last < acknowledged) wrong.push(`it has ${last}, and ${acknowledged} were acknowledged`);
    for (const number of missing) if (!this.#doubtful.has(number)) wrong.push(`${number} is missing`);
    if (this.how === 'send') {
      // It knows what became of the last, and goes on from there.
      this.sent = last;
      this.acknowledged = last;
      if (missing.length > 0) wrong.push('a send was passed over');
    }
    return wrong.map((what) => `${this.how} ${this.name} to ${this.agent}: ${what}`);
  }

  async #say(host: LedgerHost): Promise<void> {
    const last = this.#last as Said;
    const { entry, key } = last;
    last.reply = await this.#connection.ask(host, this.#path, entry, this.keyed ? key : undefined);
    this.#doubtful.delete(this.sent);
    this.acknowledged = this.sent;
  }

  close(): void {
    this.#connection.close();
  }
}
