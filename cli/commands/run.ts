import type { Command } from 'commander';
import { UsageError } from '../failure.ts';

/** `drowse run`: a script of the user's own. Its start lies in drowse.ts, which loads no more than the launcher. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description(
      'Runs a script that hosts agents, with the flags its Node should have, and starts it again if it dies.',
    )
    .argument('<script>', 'the script; everything behind it is its own')
    .argument('[args...]', 'its arguments')
    .action((script: string) => {
      throw new UsageError(`A script's name begins with no dash: ${script}`);
    });
}
