import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A call that the host refused; its code is `KILLED` or `DIED` where the process was gone before it answered. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

interface Answer {
  readonly id: number;
  readonly reply?: unknown;
  readonly error?: { readonly code: string; readonly text: string };
}

export interface HostProcessOptions {
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
}

/** What a method of the process takes and resolves with. */
type Method = (...args: never[]) => Promise<unknown>;

/** A process of a module that takes calls of its methods, as test/fixtures/take-calls.ts does, until it is killed. */
export class HostProcess<Methods extends Record<keyof Methods, Method>> {
  readonly #process: ChildProcess;
  /** Resolves once the process is gone and all calls have settled. */
  readonly gone: Promise<void>;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown> & { readonly what: string }>();
  #called = 0;
  #said = '';
  #end: Refused | undefined;

  constructor(module: URL, { args = [], execArgv = [] }: HostProcessOptions = {}) {
    this.#process = fork(module, args, { execArgv: [...execArgv], silent: true });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    // What it had answered before it died can be read until its channel closes, which may be after its exit.
    this.gone = Promise.all([once(this.#process, 'close'), once(this.#process, 'disconnect')]).then(() => {
      this.#end = this.#process.killed ? new Refused('KILLED', 'by the test') : new Refused('DIED', this.#said);
      for (const call of this.#calls.values()) call.reject(this.#end);
      this.#calls.clear();
    });
    this.#process.on('message', ({ id, reply, error }: Answer) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call?.reject(new Refused(error.code, error.text));
      else call?.resolve(reply);
    });
  }

  /** Rejects with {@link Refused}. The process takes calls in their order. */
  call<Name extends keyof Methods & string>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    if (this.#end) return Promise.reject(this.#end);
    this.#called += 1;
    const call = { ...Promise.withResolvers<unknown>(), what: `${method} ${JSON.stringify(args)}` };
    this.#calls.set(this.#called, call);
    this.#process.send({ id: this.#called, method, args }, () => {});
    return call.promise as Promise<Awaited<ReturnType<Methods[Name]>>>;
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /** The calls that have no answer yet. */
  get unanswered(): string[] {
    return [...this.#calls.values()].map(({ what }) => what);
  }

  /** Ends it with SIGKILL. Resolves once it is gone and all calls have settled. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.gone;
  }
}
