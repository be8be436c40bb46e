import type { Command } from 'commander';
import type { SupervisorStats } from '../../runtime/index.ts';
import { ask, urlOption } from '../client.ts';
import { mib, print, table } from '../output.ts';

/** `drowse stats`: figures of the host. */
export function addStats(program: Command): void {
  program
    .command('stats')
    .description("Shows the host's figures of now, and its counts since it was started.")
    .option('--json', 'print all of them as JSON on one line')
    .addOption(urlOption())
    .action(async ({ url, json }: { url: string; json?: true }) => {
      const stats = (await ask(url, '/stats')) as SupervisorStats;
      print(json ? JSON.stringify(stats) : table(rows(stats)));
    });
}

function rows({ agents, workers, memory, turns, latency, crashes, mailbox }: SupervisorStats): string[][] {
  return [
    ['agents', `${agents.total}: ${agents.active} awake, ${agents.inactive} asleep`],
    ['threads', `${workers.threads}, of which ${workers.zombies} blocked and given up`],
    ['memory', `${mib(memory.rss)} of the process, ${mib(memory.heapUsed)} of the host's heap`],
    ['turns', `${turns.committed} committed, ${turns.failed} failed, ${turns.cancelled} cancelled`],
    ['latency', `p50 ${latency.p50} ms, p99 ${latency.p99} ms, max ${latency.max} ms`],
    ['crashes', String(crashes)],
    ['waiting', `${mailbox.waiting} messages`],
  ];
}
