import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Supervisor, type SupervisorOptions } from 'drowse';
import { agents } from '../agents.ts';
import type { Chart } from '../chart.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Outcome } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { Answers } from './answers.ts';
import { defaultSpeed, replayAt } from './pace.ts';
import { type Recorded, readTraffic } from './traffic.ts';
import { type Seen, Watch } from './watch.ts';

/** For the runner, which loads it by its name. @public */
export const about =
  'Recorded traffic once more: how long its answers take, and what hosting its agents takes meanwhile';

export interface ReplayContext extends Context {
  readonly file: string;
  /** How many times faster than it was recorded; 0 as fast as can be, undefined such that it takes about a minute. */
  readonly speed?: number;
  /** After how long without a message an agent sleeps, in the time of the recording. */
  readonly idleTimeoutMs: number;
  /** Modules by type. Agents of all other types keep what they are told. */
  readonly agents: Readonly<Record<string, string>>;
}

/** How often idle agents are looked for within the time that makes them idle. */
const SWEEPS = 6;
/** How many points a chart has, about. */
const LOOKS = 300;

/** For the runner. @public */
export async function run(context: ReplayContext): Promise<Outcome> {
  const traffic = await readTraffic(context.file);
  const recordedMs = traffic.at(-1)?.at ?? 0;
  const speed = context.speed ?? defaultSpeed(recordedMs);
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({ directory: scratch.path, ...hosting(traffic, speed, context) });
  const watch = new Watch(supervisor, speed === 0 ? 100 : Math.max(20, recordedMs / speed / LOOKS));
  const answers = new Answers(supervisor, watch);

  progress(`${traffic.length} messages at ${Math.round(speed)} times their speed`);
  const start = performance.now();
  const late = await replayAt(speed, traffic, (recorded) => answers.send(recorded));
  const tookMs = performance.now() - start;
  watch.stop();
  return {
    figures: [
      figure({ name: 'messages', unit: '', value: traffic.length }),
      figure({ name: 'agents', unit: '', value: answers.agents }),
      figure({ name: 'recorded', unit: 's', value: recordedMs / 1_000 }),
      figure({ name: 'speed (0: as fast as can be)', unit: 'times', value: speed }),
      figure({ name: 'replayed in', unit: 's', value: tookMs / 1_000 }),
      ...times('sent too late', late),
      ...times('warm', answers.warm),
      ...times('cold', answers.cold),
      figure({ name: 'sent to an agent that was not awake', unit: '', value: answers.cold.length }),
      figure({ name: 'answered with an error of the agent', unit: '', value: answers.thrown }),
      figure({ name: 'wakes', unit: '', value: watch.wakes }),
      figure({ name: 'awake at once, at most', unit: '', value: most(watch.seen, 'awake') }),
      figure({ name: 'RSS of the process, at most', unit: 'MiB', value: most(watch.seen, 'rss') }),
    ],
    invariants: await answers.invariants((agentId) => !(typeOf(agentId) in context.agents)),
    charts: [
      chart('awake', 'Agents awake', { label: 'agents' }, watch.seen, 'awake'),
      chart('rss', 'RSS of the process', { label: 'RSS', unit: 'MiB' }, watch.seen, 'rss'),
    ],
  };
}

/** The waits of the recording are as much shorter as its messages are closer together. */
function hosting(
  traffic: readonly Recorded[],
  speed: number,
  { idleTimeoutMs, agents: modules }: ReplayContext,
): Omit<SupervisorOptions, 'directory'> {
  const idle = speed === 0 ? idleTimeoutMs : Math.max(1, Math.round(idleTimeoutMs / speed));
  const types = new Set(traffic.map(({ agentId }) => typeOf(agentId)));
  return {
    agents: Object.fromEntries(
      [...types].map((type) => [type, { module: modules[type] ?? agents.keeper, idleTimeoutMs: idle }]),
    ),
    sweepIntervalMs: Math.max(1, Math.round(idle / SWEEPS)),
    // What is closer together than it was is no reason to refuse it.
    mailboxLimit: 1_000_000,
  };
}

function typeOf(agentId: string): string {
  return agentId.slice(0, agentId.indexOf('/'));
}

function times(name: string, taken: readonly number[]): Figure[] {
  if (taken.length === 0) return [];
  const at = (about: string, q: number) => figure({ name: `${name}, ${about}`, unit: 'ms', value: quantile(taken, q) });
  return [at('median', 0.5), at('p95', 0.95), at('p99', 0.99)];
}

function most(seen: readonly Seen[], of: 'awake' | 'rss'): number {
  return seen.reduce((most, look) => Math.max(most, look[of]), 0);
}

function chart(
  name: string,
  title: string,
  y: Omit<Chart['y'], 'scale'>,
  seen: readonly Seen[],
  of: 'awake' | 'rss',
): Chart {
  return {
    name,
    title,
    x: { label: 'since the start of the replay', unit: 's', scale: 'linear' },
    y: { ...y, scale: 'linear' },
    series: [{ name: 'drowse', points: seen.map((look) => [look.at, look[of]]) }],
  };
}
