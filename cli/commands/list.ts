import type { Command } from 'commander';
import type { AgentSummary } from '../../runtime/index.ts';
import { ask, urlOption, withQuery } from '../client.ts';
import { wholeNumber } from '../numbers.ts';
import { moment, more, print, table } from '../output.ts';

/** `drowse list`: the agents that exist. */
export function addList(program: Command): void {
  program
    .command('list')
    .description('Lists the agents that exist, in the order of their ids.')
    .option('--type <type>', 'only agents of this type')
    .option('--after <id>', 'only agents behind this one')
    .option('--limit <count>', 'how many at most, up to 1000', wholeNumber, 100)
    .option('--json', 'print {"agents": […], "next": …} on one line')
    .addOption(urlOption())
    .action(async ({ url, json, type, after, limit }: ListFlags) => {
      const path = withQuery('/agents', { limit, type, after });
      const page = (await ask(url, path)) as { agents: AgentSummary[]; next: string | null };
      if (json) return print(JSON.stringify(page));
      if (page.agents.length === 0) return print('No agents.');
      const rows = page.agents.map(({ id, status, createdAt }) => [id, status, moment(createdAt)]);
      print(table([['AGENT', 'STATUS', 'CREATED'], ...rows]));
      if (page.next !== null) print(more(page.next));
    });
}

interface ListFlags {
  url: string;
  json?: true;
  type?: string;
  after?: string;
  limit: number;
}
