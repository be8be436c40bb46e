// Runs the scenarios, each in a process of its own, and reports: tables for people, JSON for programs.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, parse } from 'node:path';
import { Command, Option } from 'commander';
import type { Chart } from './chart.ts';
import { actAsChild, inChild } from './child.ts';
import { drawChart } from './drawing.ts';
import { describeMachine, showMachine } from './machine.ts';
import { progress } from './progress.ts';
import { addReplay } from './replay/command.ts';
import { type Report, renderReport, type ScenarioReport } from './report.ts';
import type { Context, Invariant, Outcome, Scenario } from './scenario.ts';
import { table } from './table.ts';
import { versions } from './versions.ts';

interface Options {
  readonly list?: true;
  readonly json?: true;
  readonly out?: string;
  readonly charts?: string;
  readonly report?: string | true;
  readonly short?: true;
  readonly directory: string;
  readonly child?: string;
}

const REPORT = 'bench-report.html';
const scenarios = new URL('scenarios/', import.meta.url);
const extension = extname(import.meta.filename);
const names = readdirSync(scenarios)
  .filter((file) => extname(file) === extension && !file.endsWith('.d.ts'))
  .map((file) => parse(file).name)
  .sort();

/** What runs in a process of its own: its `run` with these params, beside what every scenario is told. */
interface Job {
  readonly name: string;
  readonly module: string;
  readonly params?: object;
}

const command = new Command('bench')
  .description('Measures drowse against the bare parts it is made of, in one run.')
  .argument('[scenarios...]', `which to run: ${names.join(', ')}; default all`)
  .option('--list', 'show what the scenarios measure')
  .option('--json', 'print JSON, and nothing else, on stdout')
  .option('--out <file>', 'write the JSON to a file')
  .option('--report [file]', `write all of it as a page for a browser; default ${REPORT}`)
  .option('--charts <directory>', 'draw what a scenario has charts of, as SVG files')
  .option('--short', 'smaller counts, a few minutes in all: shows whether all works, measures little')
  .option('--directory <directory>', 'where stores are made', tmpdir())
  .addOption(new Option('--child <call>').hideHelp())
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async () => {
    if (options.child) await actAsChild(options.child);
    else if (options.list) await list();
    else await runAll(chosen().map((name) => ({ name, module: moduleOf(name) })));
  });
addReplay(command, (module, params) => runAll([{ name: 'replay', module, params }]));
const options = command.opts<Options>();
await command.parseAsync();

function chosen(): readonly string[] {
  if (names.includes(String(options.report))) command.error(`--report takes what follows it as its file: put it last.`);
  const unknown = command.args.find((name) => !names.includes(name));
  if (unknown) command.error(`There is no scenario ${unknown}; there are ${names.join(', ')}.`);
  return command.args.length > 0 ? command.args : names;
}

async function list(): Promise<void> {
  for (const name of names) console.log(`${name.padEnd(14)}${await aboutOf(moduleOf(name))}`);
}

async function aboutOf(module: string): Promise<string> {
  return ((await import(module)) as Scenario).about;
}

/** The exit status is that of the invariants. A limit that is missed is shown, and fails nothing: it may be the machine's fault. */
async function runAll(jobs: readonly Job[]): Promise<void> {
  const say = options.json ? () => {} : (text: string) => console.log(text);
  const { directory, short = false } = options;
  const startedAt = new Date().toISOString();
  const machine = describeMachine(directory);
  say(`${showMachine(machine)}${short ? '\nshort: these figures show that all works, and little more' : ''}`);
  const done: ScenarioReport[] = [];
  for (const { name, module, params } of jobs) {
    progress(`${name} …`);
    const { figures, invariants, charts = [] } = await runOne(module, { directory, short, ...params });
    progress();
    say(`\n${name}\n${table(figures)}\n${showInvariants(invariants)}`);
    if (options.charts) for (const chart of charts) say(`drawn: ${draw(name, chart, options.charts)}`);
    done.push({ name, about: await aboutOf(module), figures, invariants, charts });
  }
  write({ machine, versions: versions(), startedAt, short, scenarios: done });
  process.exitCode = done.every(({ invariants }) => invariants.every(({ ok }) => ok)) ? 0 : 1;
}

function write(report: Report): void {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json) process.stdout.write(json);
  if (options.out) writeFileSync(options.out, json);
  if (options.report) writeFileSync(options.report === true ? REPORT : options.report, renderReport(report));
}

async function runOne(module: string, context: Context): Promise<Outcome> {
  try {
    return await inChild<Outcome>(module, 'run', context);
  } catch (error) {
    return { figures: [], invariants: [{ name: 'runs to its end', ok: false, detail: String(error) }] };
  }
}

function draw(scenario: string, chart: Chart, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${scenario}-${chart.name}.svg`);
  writeFileSync(file, drawChart(chart));
  return file;
}

function moduleOf(name: string): string {
  return new URL(`${name}${extension}`, scenarios).href;
}

function showInvariants(invariants: readonly Invariant[]): string {
  const broken = invariants.filter(({ ok }) => !ok);
  if (broken.length === 0) return `${invariants.length} invariants hold`;
  return broken.map(({ name, detail = 'it does not hold' }) => `BROKEN ${name}: ${detail}`).join('\n');
}
