import { mkdtempDisposable } from 'node:fs/promises';
import { join as path } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { Supervisor } from 'drowse';
import { monotonicMs } from '../../core/monotonic.ts';
import type { Speech } from '../agents/speaker.ts';
import { agents } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Outcome, same } from '../scenario.ts';
import { overRounds, quantile } from '../statistics.ts';
import { BareWorker } from '../yardsticks/bare-worker.ts';

export const about =
  'From the yield of a chunk to its reader, against a bare echo of the same bytes; and chunks a second';

interface Word {
  readonly at: number;
  readonly word: string;
}

const word = 'x'.repeat(20);
const PAUSE_MS = 2;
/** How many words are said at a time, between as many echoes: whatever else the machine does falls on both. */
const A_BREATH = 20;

export async function run(context: Context): Promise<Outcome> {
  const rounds = context.short ? 3 : 5;
  const words = context.short ? 200 : 1_000;
  await using scratch = await mkdtempDisposable(path(context.directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({ directory: scratch.path, agents, durability: 'os' });
  await using bare = new BareWorker();
  const bytes = serialize({ word, at: monotonicMs() });

  const times: Record<'drowse' | 'echo', number[]>[] = [];
  const rates: number[] = [];
  let heard = 0;
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    const taken = { drowse: [] as number[], echo: [] as number[] };
    for (let said = 0; said < words; said += A_BREATH) {
      for await (const { at } of speak(supervisor, { words: A_BREATH, word, pauseMs: PAUSE_MS })) {
        taken.drowse.push(monotonicMs() - at);
        heard += 1;
      }
      for (let i = 0; i < A_BREATH; i += 1) {
        await wait(PAUSE_MS);
        taken.echo.push(await timed(() => bare.echo(bytes)));
      }
    }
    const flood = 20 * words;
    const ms = await timed(async () => {
      for await (const _word of speak(supervisor, { words: flood, word, pauseMs: 0 })) heard += 1;
    });
    // The first round warms both up.
    if (round > 0) {
      times.push(taken);
      rates.push((1_000 * flood) / ms);
    }
  }

  const at = (q: number) =>
    overRounds(
      times.map(({ drowse, echo }) => ({ value: 1_000 * quantile(drowse, q), yardstick: 1_000 * quantile(echo, q) })),
    );
  const said = (rounds + 1) * 21 * words;
  return {
    figures: [
      figure({ name: 'yield to reader, median', unit: 'µs', ...at(0.5), limit: { atMost: 1.25 } }),
      figure({ name: 'yield to reader, p99', unit: 'µs', ...at(0.99) }),
      figure({ name: 'to a reader that keeps up', unit: 'chunks/s', value: quantile(rates, 0.5) }),
    ],
    invariants: [
      same('chunks heard', heard, said),
      same('chunks noted', (await supervisor.inspect('speaker/a', { state: true }))?.state, { said }),
    ],
  };
}

function speak(supervisor: Supervisor, speech: Speech): AsyncIterable<Word> {
  return supervisor.stream<Word>('speaker/a', speech);
}
