import type { Command } from 'commander';
import type { AgentInfo, InboxInfo } from '../../runtime/index.ts';
import { attemptsAt } from '../attempts.ts';
import { ask, pathOf, urlOption, withQuery } from '../client.ts';
import { brief, moment, print, table } from '../output.ts';

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
      const path = withQuery(pathOf('agents', id), { state: state && 'true' });
      const info = (await ask(url, path)) as AgentInfo;
      print(json ? JSON.stringify(info) : table(rows(info)));
      if (state && !json) print(`state\n${JSON.stringify(info.state ?? null, null, 2)}`);
    });
}

interface InspectFlags {
  url: string;
  json?: true;
  state?: true;
}

function rows({ id, status, why, sequence, createdAt, inbox, awake }: AgentInfo): string[][] {
  const rows = [
    ['agent', id],
    ['status', status],
    ['why', why],
    ['changes', String(sequence)],
    ['created', moment(createdAt)],
    ...inboxRows(inbox),
  ];
  if (awake === undefined) return rows;
  const { waiting, crashes, heartbeatAgeMs, memory, output } = awake;
  rows.push(['waiting', String(waiting)], ['crashes', String(crashes)]);
  if (heartbeatAgeMs !== undefined) rows.push(['heartbeat', `${heartbeatAgeMs} ms ago`]);
  if (memory) rows.push(['memory', `${memory.heapUsedMb} MiB of heap, ${memory.externalMb} MiB external`]);
  for (const [stream, text] of Object.entries(output ?? {})) {
    if (text !== '') rows.push([stream, brief(text.trimEnd().split('\n').at(-1) ?? '', 120)]);
  }
  return rows;
}

function inboxRows({ waiting, more, retrying, alarms }: InboxInfo): string[][] {
  const rows = [['inbox', `${waiting}${more ? ' and more' : ''} waiting`]];
  if (retrying) rows.push(['trying', `message ${retrying.id}, ${attemptsAt(retrying)}`]);
  for (const { name, at, repeats } of alarms) {
    rows.push(['alarm', brief(`${name}: ${moment(at)}${repeats === undefined ? '' : `, repeats: ${repeats}`}`, 120)]);
  }
  return rows;
}
