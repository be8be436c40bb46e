import { drawChart } from './drawing.ts';
import { type Machine, showMachine } from './machine.ts';
import { escaped } from './markup.ts';
import { STYLE } from './report-style.ts';
import type { Figure, Invariant, Outcome } from './scenario.ts';
import { bound, show } from './table.ts';

/** A whole run, as `--json` prints it. */
export interface Report {
  readonly machine: Machine;
  /** Of what ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** An ISO date. */
  readonly startedAt: string;
  readonly short: boolean;
  readonly scenarios: readonly ScenarioReport[];
}

export interface ScenarioReport extends Outcome {
  readonly name: string;
  readonly about: string;
}

const COLUMNS = ['drowse', 'yardstick', 'ratio', 'limit'] as const;
type Column = (typeof COLUMNS)[number];

/**
 * A run as one HTML page that needs nothing beside itself, no script either: figures, invariants and charts, light or dark
 * as its reader prefers.
 */
export function renderReport({ machine, versions, startedAt, short, scenarios }: Report): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>drowse bench</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<h1>drowse bench</h1>',
    `<p>${summary(scenarios)}</p>`,
    short ? '<p><strong>A short run: its figures show that all works, and little more.</strong></p>' : '',
    '<p>A ratio is the figure of drowse divided by its yardstick, both from this run and this machine.</p>',
    '<dl>',
    ...Object.entries({ started: startedAt, machine: showMachine(machine), versions: listed(versions) }).map(
      ([term, text]) => `<dt>${term}</dt><dd>${escaped(text)}</dd>`,
    ),
    '</dl>',
    ...scenarios.map(section),
    '</body>',
    '</html>\n',
  ].join('\n');
}

function summary(scenarios: readonly ScenarioReport[]): string {
  const limits = scenarios.flatMap(({ figures }) => figures).filter(({ limit }) => limit);
  const invariants = scenarios.flatMap(({ invariants }) => invariants);
  return [
    ...(limits.length > 0
      ? [
          tally(
            limits.map(({ holds }) => holds === true),
            'limits',
            'held',
            'missed',
          ),
        ]
      : []),
    tallyOf(invariants),
  ].join(' ');
}

function section({ name, about, figures, invariants, charts = [] }: ScenarioReport): string {
  return [
    '<section>',
    `<h2>${escaped(name)}</h2>`,
    `<p>${escaped(about)}</p>`,
    figures.length > 0 ? figuresTable(figures) : '',
    ...charts.map((chart) => `<figure>${drawChart(chart)}</figure>`),
    `<details${invariants.every(({ ok }) => ok) ? '' : ' open'}>`,
    `<summary>${tallyOf(invariants)}</summary>`,
    `<ul>\n${invariants.map(invariantItem).join('\n')}\n</ul>`,
    '</details>',
    '</section>',
  ].join('\n');
}

/** A column that no figure has anything for is left out. */
function figuresTable(figures: readonly Figure[]): string {
  const rows = figures.map(cells);
  const used = COLUMNS.filter((column) => rows.some((row) => row[column] !== undefined));
  const head = ['figure', ...used].map((column) => `<th scope="col" data-column="${column}">${column}</th>`).join('');
  const body = figures.map(({ name }, index) => {
    const row = used.map((column) => `<td data-column="${column}">${rows[index]?.[column] ?? ''}</td>`).join('');
    return `<tr><th scope="row">${escaped(name)}</th>${row}</tr>`;
  });
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}

function cells({ unit, value, yardstick, ratio, limit, holds }: Figure): Partial<Record<Column, string>> {
  const measured = (number: number) => escaped(`${show(number)} ${unit}`.trimEnd());
  return {
    drowse: measured(value),
    ...(yardstick !== undefined && { yardstick: measured(yardstick) }),
    ...(ratio !== undefined && { ratio: ratio.toFixed(2) }),
    ...(limit && { limit: `${escaped(bound(limit))} ${holds ? mark('good', 'held') : mark('bad', 'missed')}` }),
  };
}

function tallyOf(invariants: readonly Invariant[]): string {
  return tally(
    invariants.map(({ ok }) => ok),
    'invariants',
    'hold',
    'broken',
  );
}

function tally(oks: readonly boolean[], noun: string, good: string, bad: string): string {
  const wrong = oks.filter((ok) => !ok).length;
  return wrong === 0
    ? mark('good', `${oks.length} ${noun} ${good}`)
    : mark('bad', `${wrong} of ${oks.length} ${noun} ${bad}`);
}

function invariantItem({ name, ok, detail = 'it does not hold' }: Invariant): string {
  return `<li>${escaped(name)}: ${ok ? mark('good', 'as it must be') : mark('bad', detail)}</li>`;
}

/** Told by its sign and its word, not by its colour alone. */
function mark(kind: 'good' | 'bad', text: string): string {
  return `<span class="${kind}">${kind === 'good' ? '✓' : '✗'} ${escaped(text)}</span>`;
}

function listed(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
