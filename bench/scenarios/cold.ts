import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { Supervisor } from 'drowse';
import { agents, message } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Outcome, same } from '../scenario.ts';
import { median, overRounds, quantile } from '../statistics.ts';
import { BareWorker } from '../yardsticks/bare-worker.ts';

export const about =
  'The first message to a sleeping agent with a conversation of 100 messages, against spawning a bare worker';

const MESSAGES = 100;
const AGENT = 'conversation/a';

export async function run(context: Context): Promise<Outcome> {
  const rounds = context.short ? 3 : 5;
  const wakes = context.short ? 10 : 40;
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({ directory: scratch.path, agents });
  for (let n = 0; n < MESSAGES; n += 1) await supervisor.send(AGENT, { say: `${n} ${message.text}` });

  const bytes = serialize(message);
  const times: Record<'wake' | 'spawn' | 'sleep', number[]>[] = [];
  let woken = 0;
  let wrong = 0;
  let awake = 0;
  const amend = async () => {
    woken += 1;
    const reply = await supervisor.send<{ messages: number; amended: number }>(AGENT, { amend: message.text });
    if (reply.messages !== MESSAGES || reply.amended !== woken) wrong += 1;
  };
  // The first round warms both up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const [wake, spawn, sleep]: [number[], number[], number[]] = [[], [], []];
    for (let n = 0; n < wakes; n += 1) {
      sleep.push(await timed(() => supervisor.passivate(AGENT)));
      const { agents, workers } = supervisor.stats();
      if (agents.inactive !== 1 || workers.threads !== 0) awake += 1;
      spawn.push(await timeToSpawn(bytes));
      wake.push(await timed(amend));
    }
    if (round > 0) times.push({ wake, spawn, sleep });
  }

  const at = (q: number) =>
    overRounds(times.map(({ wake, spawn }) => ({ value: quantile(wake, q), yardstick: quantile(spawn, q) })));
  const { turns, crashes } = supervisor.stats();
  return {
    figures: [
      figure({ name: 'wake, median', unit: 'ms', ...at(0.5) }),
      figure({ name: 'wake, p95', unit: 'ms', ...at(0.95) }),
      figure({ name: 'going to sleep, median', unit: 'ms', value: median(times.map(({ sleep }) => median(sleep))) }),
    ],
    invariants: [
      same('wrong replies', wrong, 0),
      same('wakes at which the agent was not asleep before', awake, 0),
      same('turns committed, failed, crashes', [turns.committed, turns.failed, crashes], [MESSAGES + woken, 0, 0]),
    ],
  };
}

async function timeToSpawn(bytes: Uint8Array): Promise<number> {
  const start = performance.now();
  await using worker = new BareWorker();
  await worker.echo(bytes);
  // Taken before the worker is terminated.
  return performance.now() - start;
}
