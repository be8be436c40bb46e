import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Supervisor } from 'drowse';
import type { Fault } from '../agents/faulty.ts';
import { agents } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Invariant, join as joined, type Outcome, same } from '../scenario.ts';
import { quantile } from '../statistics.ts';

export const about =
  'How long others wait for their answers while one agent does what it must not, in a thread and in a process';

/** What its caller is told of each. */
const FAULTS: Readonly<Record<Fault, string>> = {
  throw: 'Error',
  reject: 'ERR_DROWSE_AGENT_CRASHED',
  exit: 'ERR_DROWSE_AGENT_CRASHED',
  loop: 'ERR_DROWSE_AGENT_HUNG',
  hoard: 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  print: 'Error',
};
const BYSTANDERS = 20;
const EVERY_MS = 10;
const HANG_MS = 1_000;

export async function run(context: Context): Promise<Outcome> {
  return joined([await measure(context, 'thread'), await measure(context, 'process')]);
}

async function measure({ directory, short }: Context, isolation: 'thread' | 'process'): Promise<Outcome> {
  await using scratch = await mkdtempDisposable(join(directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({
    directory: scratch.path,
    agents: { echo: agents.echo, faulty: { module: agents.faulty, isolation } },
    durability: 'os',
    maxHeapMb: 64,
    hangTimeoutMs: HANG_MS,
    heartbeatIntervalMs: 100,
    restarts: { limit: 1_000 },
  });
  const crowd = new Bystanders(supervisor);
  await crowd.call();
  const calm = await crowd.during(() => wait(short ? 500 : 3_000));
  const figures = [];
  const invariants: Invariant[] = [];
  for (const [fault, code] of Object.entries(FAULTS)) {
    progress(`${fault} in a ${isolation}`);
    let told: unknown;
    const id = `faulty/${fault}`;
    const before = await supervisor.send<{ count: number }>(id, {});
    const times = await crowd.during(async () => {
      told = await supervisor.send(id, { fault }).then(
        () => 'nothing',
        (error: { code?: string; name: string }) => error.code ?? error.name,
      );
    });
    const after = await supervisor.send<{ count: number }>(id, {});
    figures.push(
      figure({
        name: `${fault} in a ${isolation}: slowest answer of ${BYSTANDERS} others`,
        unit: 'ms',
        value: quantile(times, 1),
        yardstick: quantile(calm, 1),
      }),
    );
    invariants.push(
      same(`${fault} in a ${isolation}: what the caller was told`, told, code),
      same(`${fault} in a ${isolation}: turns kept, and lost, of its own`, [before.count, after.count], [1, 2]),
    );
  }
  invariants.push(same(`faults in a ${isolation}: wrong answers to others`, crowd.wrong, 0));
  return { figures, invariants };
}

/** Agents that are called again and again, whatever another does. */
class Bystanders {
  readonly #supervisor: Supervisor;
  readonly #counts = Array.from({ length: BYSTANDERS }, () => 0);
  wrong = 0;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Calls each once; resolves with how long each took, in milliseconds. */
  call(): Promise<number[]> {
    return Promise.all(
      this.#counts.map((_, n) =>
        timed(async () => {
          const expected = (this.#counts[n] ?? 0) + 1;
          this.#counts[n] = expected;
          const { count } = await this.#supervisor.send<{ count: number }>(`echo/${n}`, { text: 'here' });
          if (count !== expected) this.wrong += 1;
        }),
      ),
    );
  }

  /** Goes on until some work is over. */
  async during(work: () => Promise<unknown>): Promise<number[]> {
    const times: number[] = [];
    let over = false;
    const done = work().finally(() => {
      over = true;
    });
    do {
      times.push(...(await this.call()));
      await wait(EVERY_MS);
    } while (!over);
    await done;
    return times;
  }
}
