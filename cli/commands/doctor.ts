import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Examination, Finding } from '../../runtime/index.ts';
import { checkup } from '../doctor/checkup.ts';
import { readFacts } from '../doctor/facts.ts';
import { shownCheckup } from '../doctor/shown-checkup.ts';
import { Failure, UsageError } from '../failure.ts';
import { print } from '../output.ts';

/** `drowse doctor`: looks at the machine; with `--store` finds damage in a store, and repairs it. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Looks at the machine as a place for a host; with --store, for damage in a store that no host holds. ' +
        'Its exit status is 1 where something is bad, or damage is left.',
    )
    .addOption(new Option('--directory <directory>', 'where agents would be kept (default: ./data)').conflicts('store'))
    .option('--store <directory>', 'a store to look for damage in')
    .option('--repair', 'return each damaged agent to its last good state; nothing is deleted')
    .option('--json', 'print each check or finding, then the summary, as JSON on a line of its own')
    .action(async ({ directory = './data', store, repair = false, json = false }: DoctorFlags) => {
      if (store !== undefined) return examine(store, repair, json);
      if (repair) throw new UsageError('--repair needs the store: --store ./data');
      look(directory, json);
    });
}

interface DoctorFlags {
  directory?: string;
  store?: string;
  repair?: boolean;
  json?: boolean;
}

function look(directory: string, json: boolean): void {
  const found = checkup(readFacts(directory));
  const { checks, ...summary } = found;
  print(json ? [...checks, summary].map((part) => JSON.stringify(part)).join('\n') : shownCheckup(found));
  if (summary.bad > 0) process.exitCode = 1;
}

async function examine(store: string, repair: boolean, json: boolean): Promise<void> {
  if (!existsSync(store)) throw new UsageError(`There is no directory ${store}.`);
  // The other commands run without loading the runtime.
  const { examineStore } = await import('../../runtime/index.ts');
  const onFinding = (finding: Finding) => print(json ? JSON.stringify(finding) : line(finding));
  const examination = await examineStore({ directory: store, repair, onFinding }).catch((error: Error) => {
    throw new Failure(error.message, { cause: error });
  });
  print(json ? JSON.stringify(examination) : summary(examination));
  if (examination.left > 0) process.exitCode = 1;
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
