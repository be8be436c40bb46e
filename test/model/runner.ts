import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { AgentInfo } from 'drowse';
import type { ModelState } from '../fixtures/model-agent.ts';
import type { Refused } from '../host-process.ts';
import type { Call, Moment, Run } from './history.ts';
import type { HostProcesses, ModelProcess } from './host-processes.ts';
import { AGENTS, type AgentName, FAR_MS, MAX_ATTEMPTS, type Message, type Op, type Program } from './program.ts';

/** How long one call may take, however late it is. */
const MIN_PATIENCE_MS = 5_000;

type Info = AgentInfo & { state?: ModelState };

/** Runs one program against real hosts, in a directory of its own, until nothing is left to be done. */
export class Runner {
  readonly calls: Call[] = [];
  readonly kills: Moment[] = [];
  readonly closes: Moment[] = [];
  readonly #program: Program;
  readonly #processes: HostProcesses;
  readonly #giveUpAt: number;
  readonly #directory: string;
  readonly #turns: string;
  readonly #underWay = new Set<Promise<unknown>>();
  #process: ModelProcess;
  #moment = 0;
  #answers = 0;
  #failure: Error | undefined;

  constructor(program: Program, processes: HostProcesses, patienceMs: number) {
    this.#program = program;
    this.#processes = processes;
    this.#giveUpAt = Date.now() + patienceMs;
    const directory = mkdtempSync(join(tmpdir(), 'drowse-model-'));
    this.#directory = join(directory, 'data');
    this.#turns = join(directory, 'turns');
    writeFileSync(this.#turns, '');
    this.#process = processes.take();
  }

  /** Rejects where something that has to come about does not. */
  async run(): Promise<Run> {
    let sound = false;
    try {
      this.#open();
      for (const op of this.#program.ops) await this.#perform(op);
      await this.#settled();
      const agents = await this.#quiet();
      const letters = await this.#process.call('letters');
      await this.#process.call('close');
      const findings = await this.#process.call('examine', this.#directory);
      sound = true;
      const { calls, kills, closes } = this;
      return { calls, kills, closes, agents, letters, findings, begun: this.#begun() };
    } finally {
      if (sound) this.#processes.give(this.#process);
      else await this.#process.kill();
      await rm(join(this.#directory, '..'), { recursive: true, force: true });
    }
  }

  async #perform(op: Op): Promise<void> {
    switch (op.do) {
      case 'send':
      case 'tell':
        return this.#say(op.do, op.agent, op.message, op.key);
      case 'again': {
        const keyed = this.calls.filter((call, n) => call.key !== undefined && this.#isRepeatable(call, n));
        const { do: kind, agent, message, key } = keyed[op.nth % keyed.length] ?? {};
        if (message && (kind === 'send' || kind === 'tell')) this.#say(kind, agent as AgentName, message, key);
        return;
      }
      case 'look':
        return this.#track({ do: 'look', agent: op.agent }, this.#process.call('send', idOf(op.agent), 'look', {}));
      case 'sleep':
      case 'delete':
        return this.#track({ do: op.do, agent: op.agent }, this.#process.call(op.do, idOf(op.agent)));
      case 'wait':
        return this.#settled();
      case 'close':
        this.closes.push(this.#now());
        this.#expect(this.#process.call('close'));
        await this.#settled();
        this.#open();
        return;
      case 'kill':
        return this.#kill(op.answers, op.micros);
    }
  }

  #open(): void {
    const { drowsy, durability, isolation } = this.#program;
    this.#expect(
      this.#process.call('open', {
        turns: this.#turns,
        directory: this.#directory,
        durability,
        isolation,
        maxAttempts: MAX_ATTEMPTS,
        restarts: { limit: 1_000, backoffMs: [1, 5] },
        ...(drowsy && { idleTimeoutMs: 5, sweepIntervalMs: 5 }),
      }),
    );
  }

  #say(kind: 'send' | 'tell', agent: AgentName, message: Message, key: string | undefined): void {
    const options = key === undefined ? {} : { idempotencyKey: key };
    this.#track({ do: kind, agent, message, key }, this.#process.call(kind, idOf(agent), message, options));
  }

  async #kill(answers: number, micros: number): Promise<void> {
    const enough = this.#answers + answers;
    while (this.#answers < enough && this.#underWay.size > 0) await this.#within(Promise.race(this.#underWay));
    const end = process.hrtime.bigint() + BigInt(micros) * 1_000n;
    while (process.hrtime.bigint() < end) await setImmediate();
    this.kills.push(this.#now());
    await this.#process.kill();
    await this.#settled();
    this.#process = this.#processes.take();
    this.#open();
  }

  /** After a delete it is another message with the same token: one that does nothing else can be told from the first. */
  #isRepeatable({ agent, message }: Call, nth: number): boolean {
    const deleted = this.calls.slice(nth).some((call) => call.do === 'delete' && call.agent === agent);
    return !deleted || (message?.acts.length === 0 && message.fail === undefined);
  }

  #now(): Moment {
    this.#moment += 1;
    return this.#moment;
  }

  /** A call of the program's. */
  #track(what: Pick<Call, 'do' | 'agent' | 'message' | 'key'>, answer: Promise<unknown>): void {
    const call: Call = {
      ...what,
      called: this.#now(),
      returned: Number.POSITIVE_INFINITY,
      outcome: { kind: 'unknown' },
    };
    this.calls.push(call);
    this.#await(
      answer.then(
        (reply) => {
          call.returned = this.#now();
          call.outcome = { kind: 'ok', reply };
        },
        (error: Refused) => {
          const { code, message: text } = error;
          if (code === 'KILLED') return;
          if (code === 'DIED') this.#failure ??= error;
          call.returned = this.#now();
          if (code !== 'ERR_DROWSE_STORE_FAILED') call.outcome = { kind: 'refused', code, text };
        },
      ),
    );
  }

  /** A call that must not be refused, unless its host is killed. */
  #expect(answer: Promise<unknown>): void {
    this.#await(
      answer.catch((error: Refused) => {
        if (error.code !== 'KILLED') this.#failure ??= error;
      }),
    );
  }

  #await(end: Promise<unknown>): void {
    const counted = end.then(() => {
      this.#underWay.delete(counted);
      this.#answers += 1;
    });
    this.#underWay.add(counted);
  }

  async #settled(): Promise<void> {
    await this.#within(Promise.all(this.#underWay));
    if (this.#failure) throw this.#failure;
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const abort = new AbortController();
    const late = wait(Math.max(MIN_PATIENCE_MS, this.#giveUpAt - Date.now()), undefined, { signal: abort.signal });
    const given = late.then(
      () => Promise.reject(new Error(`There was never an answer to ${this.#process.unanswered}.`)),
      () => work,
    );
    try {
      return await Promise.race([work, given]);
    } finally {
      abort.abort();
    }
  }

  /** Resolves with the agents once all sleep, nothing waits for them, and no alarm rings any more. */
  async #quiet(): Promise<Run['agents']> {
    let before = '';
    const rung = new Map<string, number>();
    for (;;) {
      const infos = await this.#inspect({});
      const busy = infos.some((info) => info && (info.inbox.waiting > 0 || info.inbox.alarms.some(isNear)));
      const awake = AGENTS.filter((_, n) => infos[n] && infos[n].status !== 'dormant');
      const seen = JSON.stringify(infos.map((info) => info && [info.sequence, info.inbox]));
      // What was told while they were looked at one after the other shows the second time.
      if (!busy && awake.length === 0 && seen === before) break;
      before = seen;
      if (!busy) for (const agent of awake) await this.#within(this.#process.call('sleep', idOf(agent)));
      for (const [n, info] of infos.entries()) {
        for (const { name, at, repeats } of info?.inbox.alarms ?? []) {
          const id = `${n} ${name}`;
          if (repeats === undefined) rung.delete(id);
          else if (rung.has(id) && rung.get(id) !== at) await this.#end(AGENTS[n] as AgentName, name);
          else rung.set(id, at);
        }
      }
      if (Date.now() > this.#giveUpAt) throw new Error(`It never came to rest: ${JSON.stringify(infos)}`);
      await wait(3);
    }
    const [a, b, c] = await this.#inspect({ state: true });
    return { a, b, c };
  }

  /** Cancels an alarm that repeats, which has been seen to ring. */
  async #end(agent: AgentName, name: string): Promise<void> {
    this.#say('send', agent, { token: `end ${this.calls.length}`, acts: [{ do: 'cancel', name }] }, undefined);
    await this.#settled();
  }

  #inspect(options: { state?: boolean }): Promise<(Info | undefined)[]> {
    const infos = AGENTS.map((agent) => this.#process.call('inspect', idOf(agent), options));
    return this.#within(Promise.all(infos)) as Promise<(Info | undefined)[]>;
  }

  #begun(): Map<string, number> {
    const begun = new Map<string, number>();
    for (const token of readFileSync(this.#turns, 'utf8').split('\n')) begun.set(token, (begun.get(token) ?? 0) + 1);
    return begun;
  }
}

function idOf(agent: AgentName): string {
  return `model/${agent}`;
}

function isNear({ at, repeats }: AgentInfo['inbox']['alarms'][number]): boolean {
  return repeats !== undefined || at < Date.now() + FAR_MS / 2;
}
