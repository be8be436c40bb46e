import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Examination, Finding } from '../../runtime/index.ts';
import { Failure, UsageError } from '../failure.ts';
import { print } from '../output.ts';

/** `drowse doctor`: finds damage in a store, and repairs it. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Looks for damage in a store that no host holds. Its exit status is 1 where damage is left.')
    .requiredOption('--store <directory>', 'where the agents are kept')
    .option('--repair', 'return each damaged agent to its last good state; nothing is deleted')
    .option('--json', 'print each finding, then the summary, as JSON on a line of its own')
    .action(async ({ store, repair = false, json }: DoctorFlags) => {
      if (!existsSync(store)) throw new UsageError(`There is no directory ${store}.`);
      // The other commands run without loading the runtime.
      const { examineStore } = await import('../../runtime/index.ts');
      const onFinding = (finding: Finding) => print(json ? JSON.stringify(finding) : line(finding));
      const examination = await examineStore({ directory: store, repair, onFinding }).catch((error: Error) => {
        throw new Failure(error.message, { cause: error });
      });
      print(json ? JSON.stringify(examination) : summary(examination));
      if (examination.left > 0) process.exitCode = 1;
    });
}

interface DoctorFlags {
  store: string;
  repair?: boolean;
  json?: true;
}

const SHOWN = 5;

function line({ agentId = 'the store', damage, lastGood, lost, repaired, remedy }: Finding): string {
  const more = damage.length > SHOWN ? `; and ${damage.length - SHOWN} more` : '';
  const good = lastGood === undefined ? '' : ` Last good sequence: ${lastGood}.`;
  const gone = lost ? ` ${repaired ? 'Lost' : 'To be lost'}: ${lost.from} to ${lost.to}.` : '';
  return `${agentId}: ${damage.slice(0, SHOWN).join('; ')}${more}.${good}${gone} ${repaired ? 'Done' : 'Left'}: ${remedy}.`;
}

function summary({ agents, findings, left, aside }: Examination): string {
  const rows = aside > 0 ? ` ${aside} rows lie aside from repairs.` : '';
  if (findings === 0) return `${agents} agents, healthy.${rows}`;
  return `${agents} agents. Findings: ${findings}, left: ${left}.${rows}`;
}
