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

const COLUMNS = ['figure', 'drowse', 'yardstick', 'ratio', 'limit'] as const;

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
  const missed = limits.filter(({ holds }) => !holds).length;
  return [
    `${scenarios.length} scenarios.`,
    missed === 0
      ? mark('good', `${limits.length} limits held`)
      : mark('bad', `${missed} of ${limits.length} limits missed`),
    invariantsMark(scenarios.flatMap(({ invariants }) => invariants)),
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
    `<summary>${invariantsMark(invariants)}</summary>`,
    `<ul>\n${invariants.map(invariantItem).join('\n')}\n</ul>`,
    '</details>',
    '</section>',
  ].join('\n');
}

function figuresTable(figures: readonly Figure[]): string {
  const head = COLUMNS.map((column) => `<th scope="col">${column}</th>`).join('');
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${figures.map(row).join('\n')}\n</tbody>\n</table>`;
}

function row({ name, unit, value, yardstick, ratio, limit, holds }: Figure): string {
  const measured = (number: number) => escaped(`${show(number)} ${unit}`.trimEnd());
  const cells = [
    measured(value),
    yardstick === undefined ? '' : measured(yardstick),
    ratio === undefined ? '' : ratio.toFixed(2),
    limit === undefined ? '' : `${escaped(bound(limit))} ${holds ? mark('good', 'held') : mark('bad', 'missed')}`,
  ].map((cell, index) => `<td data-column="${COLUMNS[index + 1]}">${cell}</td>`);
  return `<tr><th scope="row">${escaped(name)}</th>${cells.join('')}</tr>`;
}

function invariantsMark(invariants: readonly Invariant[]): string {
  const broken = invariants.filter(({ ok }) => !ok).length;
  return broken === 0
    ? mark('good', `${invariants.length} invariants hold`)
    : mark('bad', `${broken} of ${invariants.length} invariants broken`);
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
