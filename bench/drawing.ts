import type { Axis, Chart, Series } from './chart.ts';
import { escaped } from './markup.ts';
import { isShown, place, type Range, rangeOf } from './scale.ts';
import { show } from './table.ts';

const WIDTH = 800;
const HEIGHT = 440;
const EDGE = 24;
/** Between the lines of text above the plot. */
const LINE = 20;
/** How wide a character is taken to be: nothing here can measure text. */
const CHARACTER = 7;
/** What a name in the legend stands behind: a piece of its line, and a space. */
const SAMPLE = 30;

/** Told apart by people who see few colours too; in a light and in a dark surrounding. */
const COLOURS = [
  ['#0072b2', '#56b4e9'],
  ['#c04a00', '#f0a030'],
  ['#00805c', '#3fc79a'],
  ['#a8508a', '#e39ac6'],
  ['#6b6200', '#e8dc5a'],
] as const;
const LIGHT = { ground: '#ffffff', text: '#1f2328', grid: '#d8dee4' };
const DARK = { ground: '#0d1117', text: '#e6edf3', grid: '#30363d' };

/**
 * Draws a chart as an SVG document that needs nothing beside itself. It has a ground of its own, light or dark as its
 * viewer prefers.
 */
export function drawChart(chart: Chart): string {
  const { title, x, y } = chart;
  const series = chart.series.map(({ points, ...rest }) => ({
    ...rest,
    points: points.filter((point) => isShown(point[0], x.scale) && isShown(point[1], y.scale)),
  }));
  const points = series.flatMap(({ points }) => points);
  const horizontal = rangeOf(
    points.map(([value]) => value),
    x.scale,
  );
  const vertical = rangeOf(
    points.map(([, value]) => value),
    y.scale,
  );

  const { rows, height } = legend(series);
  const top = EDGE + 2 * LINE + height;
  const bottom = HEIGHT - EDGE - 2 * LINE;
  const left = EDGE + CHARACTER * Math.max(...vertical.ticks.map((tick) => show(tick).length)) + 8;
  // The last mark's text stands half beyond it.
  const right = WIDTH - EDGE - (CHARACTER * show(horizontal.to).length) / 2;
  const across = (value: number) => round(left + (right - left) * place(value, horizontal, x.scale));
  const up = (value: number) => round(bottom - (bottom - top) * place(value, vertical, y.scale));

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style()}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    text(EDGE, EDGE + 8, title, 'class="title"'),
    ...rows,
    text(EDGE, top - 16, labelOf(y)),
    ...vertical.ticks.map((tick) => mark(left, up(tick), right, up(tick), tick, vertical)),
    ...vertical.ticks.map((tick) => text(left - 8, up(tick) + 4, show(tick), 'text-anchor="end"')),
    ...horizontal.ticks.map((tick) => mark(across(tick), bottom, across(tick), bottom + 5, tick, horizontal)),
    ...horizontal.ticks.map((tick) => text(across(tick), bottom + LINE, show(tick), 'text-anchor="middle"')),
    text((left + right) / 2, bottom + 2 * LINE, labelOf(x), 'text-anchor="middle"'),
    ...series.map(({ points, dashed }, index) => {
      const path = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${across(x)} ${up(y)}`).join('');
      return path && `<path class="${line(index, dashed)}" d="${path}"/>`;
    }),
    '</svg>\n',
  ].join('\n');
}

/** The names of the lines, in as many rows as they take. */
function legend(series: ReadonlyArray<Omit<Series, 'points'>>): { rows: string[]; height: number } {
  let x = EDGE;
  let y = EDGE + LINE + 10;
  const rows = series.flatMap(({ name, dashed }, index) => {
    const width = SAMPLE + CHARACTER * name.length + EDGE;
    if (x > EDGE && x + width > WIDTH) {
      x = EDGE;
      y += LINE;
    }
    const at = x;
    x += width;
    return [`<path class="${line(index, dashed)}" d="M${at} ${y - 4}h${SAMPLE - 8}"/>`, text(at + SAMPLE, y, name)];
  });
  return { rows, height: y - EDGE };
}

/** A line of the grid, or a tick. The one at the start of its axis is the axis. */
function mark(x1: number, y1: number, x2: number, y2: number, tick: number, { from }: Range): string {
  return `<path class="${tick === from ? 'axis' : 'grid'}" d="M${x1} ${y1}L${x2} ${y2}"/>`;
}

function line(index: number, dashed?: true): string {
  return `line c${index % COLOURS.length}${dashed ? ' dashed' : ''}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

function labelOf({ label, unit }: Axis): string {
  return unit === undefined ? label : `${label}, ${unit}`;
}

function style(): string {
  const colours = ({ ground, text, grid }: typeof LIGHT, index: 0 | 1) =>
    [
      `.ground{fill:${ground}}text{fill:${text}}.grid{stroke:${grid}}.axis{stroke:${text}}`,
      ...COLOURS.map((pair, n) => `.c${n}{stroke:${pair[index]}}`),
    ].join('');
  return [
    'text{font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}.title{font-size:16px;font-weight:600}',
    'path{fill:none}.line{stroke-width:2;stroke-linejoin:round}.dashed{stroke-width:1.5;stroke-dasharray:6 4}',
    colours(LIGHT, 0),
    `@media(prefers-color-scheme:dark){${colours(DARK, 1)}}`,
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
