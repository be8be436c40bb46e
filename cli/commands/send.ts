import { type Command, InvalidArgumentError } from 'commander';
import { agentPath, ask, urlOption } from '../client.ts';
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
    .option('--json', 'print {"reply": …} on one line')
    .addOption(urlOption())
    .action(async (id: string, message: { json: unknown }, options: SendFlags) => {
      const query = options.timeout === undefined ? '' : `?timeoutMs=${options.timeout}`;
      const answer = (await ask(options.url, `${agentPath(id)}${query}`, message.json)) as { reply: unknown };
      if (options.json) print(JSON.stringify(answer));
      else print(typeof answer.reply === 'string' ? answer.reply : JSON.stringify(answer.reply, null, 2));
    });
}

interface SendFlags {
  url: string;
  json?: true;
  timeout?: number;
}

// In an object, as commander takes a parser's undefined or null for no argument.
function parseMessage(text: string): { json: unknown } {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}`);
  }
}
