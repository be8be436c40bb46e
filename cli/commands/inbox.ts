import type { Command } from 'commander';
import type { PendingMessage } from '../../runtime/index.ts';
import { ask, pathOf, urlOption, withQuery } from '../client.ts';
import { wholeNumber } from '../numbers.ts';
import { brief, moment, print, table } from '../output.ts';
import { senderOf } from '../sender.ts';

/** `drowse inbox`: the durable messages that wait for an agent. */
export function addInbox(program: Command): void {
  program
    .command('inbox')
    .description('Shows the durable messages that an agent has not processed, in their order, without waking it.')
    .argument('<id>', 'the agent, as <type>/<key>')
    .option('--limit <count>', 'how many at most, up to 1000', wholeNumber, 100)
    .option('--json', 'print {"messages": […], "more": …} on one line')
    .addOption(urlOption())
    .action(async (id: string, { url, json, limit }: InboxFlags) => {
      const page = (await ask(url, withQuery(pathOf('inbox', id), { limit }))) as InboxPage;
      if (json) return print(JSON.stringify(page));
      if (page.messages.length === 0) return print('No messages.');
      print(table([['MESSAGE', 'SINCE', 'FROM', 'ATTEMPTS', 'NEXT', 'TEXT'], ...page.messages.map(row)]));
      if (page.more) print('There are more.');
    });
}

interface InboxPage {
  messages: PendingMessage[];
  more: boolean;
}

interface InboxFlags {
  url: string;
  json?: true;
  limit: number;
}

function row(pending: PendingMessage): string[] {
  const { id, since, message, attempts, retryAt } = pending;
  const next = retryAt === undefined ? '-' : moment(retryAt);
  return [
    id,
    moment(since),
    senderOf(pending),
    String(attempts.length),
    next,
    brief(JSON.stringify(message ?? null), 60),
  ];
}
