import type { Command } from 'commander';
import { ask, pathOf, urlOption, withQuery } from '../client.ts';
import { type Given, keyOption, parseMessage } from '../message.ts';
import { wholeNumber } from '../numbers.ts';
import { print } from '../output.ts';

/** `drowse send`: one message, and its reply. */
export function addSend(program: Command): void {
  program
    .command('send')
    .description('Sends a message to an agent and prints its reply. Ctrl-C cancels the message.')
    .argument('<id>', 'the agent, as <type>/<key>')
    .argument('<json>', 'the message', parseMessage)
    .option('--timeout <ms>', 'how long to wait for the reply; by default as long as the host says', wholeNumber)
    .addOption(keyOption('the first reply'))
    .option('--json', 'print {"reply": …} on one line')
    .addOption(urlOption())
    .action(async (id: string, { message }: Given, { url, json, timeout, key }: SendFlags) => {
      const path = withQuery(pathOf('agents', id), { timeoutMs: timeout });
      const answer = (await ask(url, path, { method: 'POST', message, key })) as { reply: unknown };
      if (json) print(JSON.stringify(answer));
      else print(typeof answer.reply === 'string' ? answer.reply : JSON.stringify(answer.reply, null, 2));
    });
}

interface SendFlags {
  url: string;
  json?: true;
  timeout?: number;
  key?: string;
}
