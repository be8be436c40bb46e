import type { Chart } from '../chart.ts';
import { type GrowthBytes, growthBytes, type Sum } from '../growth-bytes.ts';
import { type GrowthTimes, growthTimes, SHORT, type Turns } from '../growth-times.ts';
import { type Context, type Figure, figure, type Outcome } from '../scenario.ts';
import { buckets, mean, median, overRounds, quantile } from '../statistics.ts';

export const about =
  'What a turn costs as a conversation grows to 10,000 messages: bytes against those changed, time against a short one';

const MAX_BYTES_PER_BYTE = 3.5;
const MAX_SLOWDOWN = 1.5;
/** Below this many messages the first snapshot, of next to nothing, and the start of the agent still show. */
const SETTLED = 100;

export async function run(context: Context): Promise<Outcome> {
  const messages = context.short ? 1_000 : 10_000;
  const bytes = await growthBytes({ directory: context.directory, messages });
  const times = await growthTimes(context, messages);
  return {
    figures: [...byteFigures(bytes), ...timeFigures(times, messages)],
    invariants: [...bytes.invariants, ...times.invariants],
    charts: [byteChart(bytes), timeChart(times, messages)],
  };
}

function byteFigures({ sums, snapshots, written, bareWritten }: GrowthBytes): Figure[] {
  const last = sums.at(-1) as Sum;
  const { messages } = last;
  const most = sums.slice(SETTLED).reduce((a, b) => (perByte(b) > perByte(a) ? b : a));
  const turn = (name: string, value: number, yardstick: number) => ({
    name: `${name} a turn`,
    unit: 'bytes',
    value,
    yardstick,
  });
  const encoded = last.encoded / messages;
  return [
    figure({ ...turn('put', last.put / messages, encoded), limit: { atMost: MAX_BYTES_PER_BYTE } }),
    figure({
      ...turn('put', most.put / most.messages, most.encoded / most.messages),
      name: `put a turn, at its most (${count(most.messages)} messages)`,
    }),
    figure(turn('put, and keys deleted,', (last.put + last.deleted) / messages, encoded)),
    figure({ name: 'turns kept as snapshots', unit: '', value: snapshots }),
    ...(written && bareWritten
      ? [
          figure(turn('written to files', written.called / messages, bareWritten.called / messages)),
          figure(turn('pages written to the disk', written.pages / messages, bareWritten.pages / messages)),
        ]
      : []),
  ];
}

function timeFigures({ whole, rounds, snapshots }: GrowthTimes, messages: number): Figure[] {
  const at = (q: number) =>
    overRounds(
      rounds.map(({ growing, short }) => ({
        value: 1_000 * quantile(growing, q),
        yardstick: 1_000 * quantile(short, q),
      })),
    );
  const means = { value: 1_000 * mean(whole.growing), yardstick: 1_000 * mean(whole.short) };
  const name = `turn at ${count(messages)} messages`;
  return [
    figure({ name: `${name}, median`, unit: 'µs', ...at(0.5), limit: { atMost: MAX_SLOWDOWN } }),
    figure({ name: `${name}, p99`, unit: 'µs', ...at(0.99) }),
    figure({ name: 'turn on the way there, mean', unit: 'µs', ...means }),
    figure({ name: 'last turn kept as a snapshot', unit: 'ms', value: snapshots.at(-1) ?? Number.NaN }),
  ];
}

function byteChart({ sums }: GrowthBytes): Chart {
  const shown = sums.filter(({ messages }) => messages >= SETTLED && messages % (sums.length / 500) === 0);
  return {
    name: 'bytes',
    title: 'Bytes put to the store for each byte of encoded change, since the first message',
    x: { label: 'messages in the conversation', scale: 'linear' },
    y: { label: 'bytes per byte', scale: 'linear' },
    series: [
      { name: 'drowse', points: shown.map((sum) => [sum.messages, perByte(sum)]) },
      {
        name: `limit: ${MAX_BYTES_PER_BYTE} at the end`,
        points: [0, sums.length].map((x) => [x, MAX_BYTES_PER_BYTE]),
        dashed: true,
      },
    ],
  };
}

function timeChart({ whole }: GrowthTimes, messages: number): Chart {
  const size = messages / 100;
  const points = (of: keyof Turns) =>
    buckets(whole[of], size).map((turns, index) => [(index + 0.5) * size, 1_000 * median(turns)] as const);
  return {
    name: 'time',
    title: `Time of a turn, median of each ${size}`,
    x: { label: 'messages in the growing conversation', scale: 'linear' },
    y: { label: 'turn', unit: 'µs', scale: 'linear' },
    series: [
      { name: 'growing conversation', points: points('growing') },
      { name: `beside it, one of ${SHORT.from} to ${SHORT.to} messages`, points: points('short') },
    ],
  };
}

function perByte({ put, encoded }: Sum): number {
  return put / encoded;
}

function count(messages: number): string {
  return messages.toLocaleString('en');
}
