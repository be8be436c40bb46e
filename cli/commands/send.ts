import type { Command } from 'commander';
import { ask, follow, pathOf, type Said, urlOption, withQuery } from '../client.ts';
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
    .option('--stream', 'print what the turn yields as it comes: text as it is, all else as JSON a line')
    .option('--json', 'print {"reply": …} on one line; of a stream, {"chunk": …} for each chunk before that')
    .addOption(urlOption())
    .action(async (id: string, { message }: Given, { url, timeout, key, ...flags }: SendFlags) => {
      const path = withQuery(pathOf('agents', id), { timeoutMs: timeout });
      const question = { method: 'POST', message, key } as const;
      if (flags.stream) return printStream(follow(url, path, question), flags.json);
      const answer = (await ask(url, path, question)) as { reply: unknown };
      print(flags.json ? JSON.stringify(answer) : shown(answer.reply));
    });
}

/** Of a turn that yields nothing, the reply is shown. */
async function printStream(stream: AsyncIterable<Said>, json = false): Promise<void> {
  let [yielded, inLine] = [false, false];
  for await (const said of stream) {
    if (json) print(JSON.stringify(said));
    else if ('reply' in said) {
      if (inLine || !yielded) print(yielded ? '' : shown(said.reply));
    } else {
      const isText = typeof said.chunk === 'string';
      process.stdout.write(isText ? (said.chunk as string) : `${inLine ? '\n' : ''}${JSON.stringify(said.chunk)}\n`);
      [yielded, inLine] = [true, isText];
    }
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

interface SendFlags {
  url: string;
  json?: true;
  stream?: true;
  timeout?: number;
  key?: string;
}
