import t from 'tap';
import type { Chart } from '../../bench/chart.ts';
import { drawChart } from '../../bench/drawing.ts';

const chart: Chart = {
  name: 'time',
  title: 'Time of a turn',
  x: { label: 'messages', scale: 'linear' },
  y: { label: 'turn', unit: 'µs', scale: 'linear' },
  series: [
    {
      name: 'drowse',
      points: [
        [0, 100],
        [500, 50],
        [1_000, 200],
      ],
    },
    {
      name: 'limit',
      points: [
        [0, 150],
        [1_000, 150],
      ],
      dashed: true,
    },
  ],
};

/** The points of the lines, without those of the legend. */
function lines(svg: string): number[][][] {
  return [...svg.matchAll(/class="line [^"]*" d="M([^"h]*)"/g)].map(([, path = '']) =>
    path.split('L').map((point) => point.split(' ').map(Number)),
  );
}

t.test('a chart names its title, its axes with their units, and each of its lines', async (t) => {
  const svg = drawChart(chart);
  for (const text of ['Time of a turn', 'messages', 'turn, µs', 'drowse', 'limit', '1,000', '200']) {
    t.ok(svg.includes(`>${text}</text>`), text);
  }
});

t.test('more is higher up and further right, and all of it is within the picture', async (t) => {
  const [[first, second, third] = []] = lines(drawChart(chart)) as [number[], number[], number[]][];
  const [x1 = 0, y1 = 0] = first ?? [];
  const [x2 = 0, y2 = 0] = second ?? [];
  const [x3 = 0, y3 = 0] = third ?? [];
  t.ok(x1 < x2 && x2 < x3);
  t.ok(y3 < y1 && y1 < y2);
  t.ok(x1 > 0 && x3 < 800 && y3 > 0 && y2 < 440);
  t.ok(Math.abs(x2 - x1 - (x3 - x2)) < 0.2, 'the one in the middle is in the middle');
});

t.test('a limit is dashed, what was measured is not', async (t) => {
  const classes = [...drawChart(chart).matchAll(/class="(line [^"]*)"/g)].map(([, name]) => name);
  t.same(classes, ['line c0', 'line c1 dashed', 'line c0', 'line c1 dashed']);
});

t.test('equal factors are equally far apart on a logarithmic axis, and zero is left out', async (t) => {
  const points = [
    [0, 1],
    [1, 1],
    [10, 10],
    [100, 100],
  ] as const;
  const scale = 'log' as const;
  const [line = []] = lines(
    drawChart({ ...chart, x: { label: 'x', scale }, y: { label: 'y', scale }, series: [{ name: 'a', points }] }),
  );
  t.equal(line.length, 3);
  const [[x1 = 0] = [], [x2 = 0] = [], [x3 = 0] = []] = line;
  t.ok(Math.abs(x2 - x1 - (x3 - x2)) < 0.2);
});

t.test('what a name contains is text', async (t) => {
  const svg = drawChart({ ...chart, title: 'a < b & "c"', series: [{ name: '<script>', points: [[1, 1]] }] });
  t.ok(svg.includes('a &lt; b &amp; "c"'));
  t.notOk(svg.includes('<script>'));
});

t.test('it needs nothing beside itself, and is drawn for light and for dark', async (t) => {
  const svg = drawChart(chart);
  t.notMatch(svg.replace('xmlns="http://www.w3.org/2000/svg"', ''), /http|url\(|@import|<script/);
  t.match(svg, /@media\(prefers-color-scheme:dark\)/);
});

t.test('many lines have their names in several rows, and no value is no line', async (t) => {
  const series = Array.from({ length: 12 }, (_, n) => ({ name: `a line with a long name ${n}`, points: [] }));
  const svg = drawChart({ ...chart, series });
  const rows = new Set([...svg.matchAll(/y="(\d+)">a line with/g)].map(([, y]) => y));
  t.ok(rows.size > 1);
  t.notMatch(svg, /NaN|Infinity|undefined/);
});
