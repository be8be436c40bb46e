import type { Command } from 'commander';
import { ask, pathOf, urlOption, withQuery } from '../client.ts';
import { Failure } from '../failure.ts';
import { wholeNumber } from '../numbers.ts';
import { print } from '../output.ts';

/** `drowse skip`: gives up one message of an inbox. */
export function addSkip(program: Command): void {
  program
    .command('skip')
    .description(
      "Gives up one message of an agent's inbox: it moves to the dead letters. A turn of it that runs is ended.",
    )
    .argument('<id>', 'the agent, as <type>/<key>')
    .argument('<message>', 'the message, as "drowse inbox" names it', wholeNumber)
    .option('--json', 'print {"skipped": …} on one line')
    .addOption(urlOption())
    .action(async (id: string, message: number, { url, json }: { url: string; json?: true }) => {
      const path = withQuery(pathOf('skip', id), { message });
      const answer = (await ask(url, path, { method: 'POST' })) as { skipped: boolean };
      if (json) print(JSON.stringify(answer));
      if (!answer.skipped) throw new Failure(`No message ${message} waits for ${id}.`);
      if (!json) print(`Message ${message} is among the dead letters now.`);
    });
}
