import type { Command } from 'commander';
import type { AgentInfo } from '../../runtime/index.ts';
import { agentPath, ask, urlOption } from '../client.ts';
import { moment, print, table } from '../output.ts';

/** `drowse inspect`: one agent. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('Shows an agent without waking it.')
    .argument('<id>', 'the agent, as <type>/<key>')
    .option('--state', 'show its committed state too')
    .option('--json', 'print all of it as JSON on one line')
    .addOption(urlOption())
    .action(async (id: string, { url, json, state }: InspectFlags) => {
      const info = (await ask(url, `${agentPath(id)}${state ? '?state=true' : ''}`)) as AgentInfo;
      print(json ? JSON.stringify(info) : table(rows(info)));
      if (state && !json) print(`state\n${JSON.stringify(info.state ?? null, null, 2)}`);
    });
}

interface InspectFlags {
  url: string;
  json?: true;
  state?: true;
}

function rows({ id, status, why, sequence, createdAt, awake }: AgentInfo): string[][] {
  const rows = [
    ['agent', id],
    ['status', status],
    ['why', why],
    ['changes', String(sequence)],
    ['created', moment(createdAt)],
  ];
  if (awake === undefined) return rows;
  const { waiting, crashes, heartbeatAgeMs, memory } = awake;
  rows.push(['waiting', String(waiting)], ['crashes', String(crashes)]);
  if (heartbeatAgeMs !== undefined) rows.push(['heartbeat', `${heartbeatAgeMs} ms ago`]);
  if (memory) rows.push(['memory', `${memory.heapUsedMb} MiB of heap, ${memory.externalMb} MiB external`]);
  return rows;
}
