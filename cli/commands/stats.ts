import type { Command } from 'commander';
import type { MemoryReport, SupervisorStats } from '../../runtime/index.ts';
import { ask, urlOption } from '../client.ts';
import { mib, print, table } from '../output.ts';

/** `drowse stats`: figures of the host. */
export function addStats(program: Command): void {
  program
    .command('stats')
    .description("Shows the host's figures of now, and its counts since it was started.")
    .option('--json', 'print all of them as JSON on one line')
    .option('--memory', 'where its memory is instead: asks the system and every thread, which takes some milliseconds')
    .addOption(urlOption())
    .action(async ({ url, json, memory }: { url: string; json?: true; memory?: true }) => {
      const found = await ask(url, memory ? '/memory' : '/stats');
      if (json) print(JSON.stringify(found));
      else print(table(memory ? memoryRows(found as MemoryReport) : rows(found as SupervisorStats)));
    });
}

function memoryRows({ rss, pss, anonymous, heaps, external, rest, processes }: MemoryReport): string[][] {
  const told = (bytes: number | undefined) => (bytes === undefined ? 'not told by this system' : mib(bytes));
  return [
    ['RSS', mib(rss)],
    ['PSS', told(pss)],
    ['anonymous', told(anonymous)],
    ['heaps of V8', `${mib(heaps.physical)}, ${mib(heaps.used)} of it in use`],
    ['external', mib(external)],
    ['the rest', told(rest)],
    ['processes', `${processes.count}: ${mib(processes.rss)} of RSS, ${mib(processes.pss)} of PSS`],
  ];
}

function rows({ agents, workers, tools, memory, turns, latency, crashes, mailbox }: SupervisorStats): string[][] {
  return [
    ['agents', `${agents.total}: ${agents.active} awake, ${agents.inactive} asleep`],
    ['workers', workersOf(workers)],
    ...(tools
      ? [
          [
            'tools',
            `${tools.running} calls run in ${tools.threads} threads, ${tools.waiting} wait; ${tools.failed} of ${tools.calls} failed`,
          ],
        ]
      : []),
    ['memory', `${mib(memory.rss)} of the process, ${mib(memory.agents)} held by agents`],
    [
      'budget',
      `${mib(memory.used)} of ${mib(memory.limit)}${memory.pressed ? ': idle agents are being put to sleep' : ''}`,
    ],
    ...memory.obstacles.map(({ what, remedy }) => ['', `${what} (${remedy})`]),
    ['turns', `${turns.committed} committed, ${turns.failed} failed, ${turns.cancelled} cancelled`],
    ['latency', `p50 ${latency.p50} ms, p99 ${latency.p99} ms, max ${latency.max} ms`],
    ['crashes', String(crashes)],
    ['waiting', `${mailbox.waiting} messages`],
  ];
}

function workersOf({ threads, processes, spares, zombies }: SupervisorStats['workers']): string {
  const all = [counted(threads, 'thread', 'threads'), counted(processes, 'process', 'processes')].join(', ');
  return `${all}; of these ${spares} spare, ${zombies} blocked and given up`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
