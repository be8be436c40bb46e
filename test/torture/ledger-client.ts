import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Durability } from 'drowse';

/** What a ledger says of itself. */
interface Page {
  readonly last: number;
  readonly begun: number;
  readonly done: number;
  readonly disorder: readonly unknown[];
}

/** A call that the host refused, or did not live to answer. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A host in a process of its own, seen from a client. */
export class LedgerHost {
  readonly process: ChildProcess;
  /** Once the process is gone, and all that was asked of it has settled. */
  readonly gone: Promise<unknown>;
  #asked = 0;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();

  constructor(directory: string, durability: Durability) {
    const script = new URL('../fixtures/ledger-host.ts', import.meta.url);
    this.process = fork(script, [directory, durability], { execArgv: [] });
    // What it had answered before it died can be read until its channel closes, which may be after its exit.
    this.gone = Promise.all([once(this.process, 'exit'), once(this.process, 'disconnect')]).then(() => this.#giveUp());
    this.process.on('message', ({ id, reply, code }: { id: number; reply?: unknown; code?: string }) => {
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (code === undefined) call?.resolve(reply);
      else call?.reject(new Refused(code));
    });
  }

  /** Resolves with whether it is, which it is not where it was killed before. */
  listening(): Promise<boolean> {
    return Promise.race([once(this.process, 'message').then(() => true), this.gone.then(() => false)]);
  }

  /** Rejects with {@link Refused}, its code `GONE` where the host was killed. */
  ask<T>(agent: string, message: unknown): Promise<T> {
    if (!this.process.connected) return Promise.reject(new Refused('GONE'));
    const call = Promise.withResolvers<unknown>();
    this.#asked += 1;
    this.#pending.set(this.#asked, call);
    this.process.send({ id: this.#asked, agent, message }, () => {});
    return call.promise as Promise<T>;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }

  #giveUp(): void {
    for (const call of this.#pending.values()) call.reject(new Refused('GONE'));
    this.#pending.clear();
  }
}

/** One client's own log of what it has entered into a ledger, and of what was acknowledged. */
export class Conversation {
  readonly agent: string;
  acknowledged = 0;
  sent = 0;

  constructor(agent: string) {
    this.agent = agent;
  }

  /** Sends the next number; resolves once it is acknowledged. */
  async enter(host: LedgerHost, bytes: number): Promise<void> {
    this.sent += 1;
    const number = this.sent;
    await host.ask(this.agent, { do: 'enter', number, bytes });
    this.acknowledged = Math.max(this.acknowledged, number);
  }

  /** Compares the ledger with this log, and goes on from where it stands. Returns what is wrong. */
  async compare(host: LedgerHost): Promise<object[]> {
    const page = await host.ask<Page>(this.agent, { do: 'look' });
    const { last, begun, done, disorder } = page;
    const { agent, acknowledged, sent } = this;
    const right = last >= acknowledged && last <= sent && begun === done && done === last && disorder.length === 0;
    this.acknowledged = last;
    this.sent = last;
    return right ? [] : [{ agent, acknowledged, sent, page }];
  }
}
