import type { Command } from 'commander';
import { ask, pathOf, urlOption } from '../client.ts';
import { Failure } from '../failure.ts';
import { print } from '../output.ts';

/** `drowse release`: lets an agent out of quarantine. */
export function addRelease(program: Command): void {
  program
    .command('release')
    .description('Lets an agent out of quarantine, where it is after crashing too often: it takes turns again.')
    .argument('<id>', 'the agent, as <type>/<key>')
    .option('--json', 'print {"released": …} on one line')
    .addOption(urlOption())
    .action(async (id: string, { url, json }: { url: string; json?: true }) => {
      const answer = (await ask(url, pathOf('release', id), { method: 'POST' })) as { released: boolean };
      if (json) print(JSON.stringify(answer));
      if (!answer.released) throw new Failure(`${id} is in no quarantine.`);
      if (!json) print('Released.');
    });
}
