import t from 'tap';
import { type Report, renderReport } from '../../bench/report.ts';
import { figure, same } from '../../bench/scenario.ts';

const report: Report = {
  machine: {
    cores: 2,
    cpu: 'A <fast> & cheap one',
    memoryMb: 1_024,
    system: 'Linux',
    fileSystem: 'ext4',
    node: 'v26.0.0',
    flags: ['--expose-gc'],
    load: 0.1,
  },
  versions: { node: '26.0.0', level: '10.0.0' },
  startedAt: '2026-01-02T03:04:05.000Z',
  short: true,
  scenarios: [
    {
      name: 'warm',
      about: 'One message <script>alert("at a time")</script>',
      figures: [
        figure({ name: 'median & more', unit: 'µs', value: 300, yardstick: 200, limit: { atMost: 2 } }),
        figure({ name: 'p99', unit: 'µs', value: 900, yardstick: 200, limit: { atMost: 2 } }),
        figure({ name: 'record', unit: 'bytes', value: 265 }),
      ],
      invariants: [same('all are <answered>', 1, 1), same('nothing is lost', '<b>', 'a & b')],
      charts: [
        {
          name: 'time',
          title: 'Time < limit',
          x: { label: 'messages', scale: 'linear' },
          y: { label: 'turn', unit: 'µs', scale: 'linear' },
          series: [{ name: 'a & b', points: [[1, 1]] }],
        },
      ],
    },
    { name: 'cold', about: 'Ended early', figures: [], invariants: [] },
  ],
};

const VOID = new Set(['meta']);

/** The tags of a page that are opened and not closed, or closed out of order; and its text. */
function parse(page: string): { unclosed: string[]; text: string } {
  const open: string[] = [];
  const text = page.replace(
    /<style>[^<]*<\/style>|<(\/?)([a-z0-9]+)((?: [a-z-]+(?:="[^"<>]*")?)*)(\/?)>/gi,
    (...found) => {
      const [, closing, name, , empty] = found as string[];
      if (name === undefined || VOID.has(name) || empty) return '';
      if (!closing) open.push(name);
      else if (open.at(-1) === name) open.pop();
      else open.push(`/${name}`);
      return '';
    },
  );
  return { unclosed: open, text };
}

t.test('a report is well-formed: every tag is closed in its place, and nothing else looks like one', async (t) => {
  const { unclosed, text } = parse(renderReport(report).replace('<!doctype html>', ''));
  t.same(unclosed, []);
  t.notMatch(text, /[<>]|&(?!amp;|lt;|gt;)/);
  t.notMatch(text, /undefined|NaN|\[object/);
});

t.test('what a result says is text', async (t) => {
  const page = renderReport(report);
  t.notMatch(page, /<script|<b>|<fast>|<answered>/);
  for (const text of [
    'A &lt;fast&gt; &amp; cheap one',
    '&lt;script&gt;alert("at a time")&lt;/script&gt;',
    'median &amp; more',
    '&lt;answered&gt;',
    '"&lt;b&gt;", not "a &amp; b"',
    'Time &lt; limit',
  ]) {
    t.ok(page.includes(text), text);
  }
});

t.test('it needs nothing beside itself: no reference, no script, no font', async (t) => {
  const page = renderReport(report).replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
  t.notMatch(page, /https?:|\/\/|url\(|@import|<script|<link|<img|<iframe|\ssrc=|\shref=|\son[a-z]+=/);
});

t.test('it tells machine, versions and time, and what was held, missed and broken', async (t) => {
  const { text } = parse(renderReport(report));
  for (const told of [
    '2 cores',
    'level 10.0.0',
    '2026-01-02T03:04:05.000Z',
    '1 of 2 limits missed',
    '1 of 2 invariants broken',
  ]) {
    t.ok(text.includes(told), told);
  }
  t.match(text, /median &amp; more300 µs200 µs1\.50&lt;= 2 ✓ held/);
  t.match(text, /p99900 µs200 µs4\.50&lt;= 2 ✗ missed/);
  t.match(text, /record265 bytes/);
});

t.test('it has its charts in it, and a ground of its own for light and for dark', async (t) => {
  const page = renderReport(report);
  t.equal([...page.matchAll(/<svg /g)].length, 1);
  t.match(page, /@media \(prefers-color-scheme: dark\)/);
});
