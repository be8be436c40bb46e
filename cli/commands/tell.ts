import type { Command } from 'commander';
import { ask, pathOf, urlOption } from '../client.ts';
import { type Given, keyOption, parseMessage } from '../message.ts';
import { print } from '../output.ts';

/** `drowse tell`: one message that outlives the host, without a reply. */
export function addTell(program: Command): void {
  program
    .command('tell')
    .description('Tells an agent a message. Once that is on disk the command ends, and the message will be processed.')
    .argument('<id>', 'the agent, as <type>/<key>')
    .argument('<json>', 'the message', parseMessage)
    .addOption(keyOption('no effect'))
    .option('--json', 'print {"told": true} on one line')
    .addOption(urlOption())
    .action(async (id: string, { message }: Given, { url, json, key }: TellFlags) => {
      const answer = await ask(url, pathOf('tell', id), { method: 'POST', message, key });
      print(json ? JSON.stringify(answer) : 'Told.');
    });
}

interface TellFlags {
  url: string;
  json?: true;
  key?: string;
}
