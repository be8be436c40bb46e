import type { Command } from 'commander';
import type { DeadLetter } from '../../runtime/index.ts';
import { causeOf } from '../attempts.ts';
import { ask, pathOf, type Question, urlOption, withQuery } from '../client.ts';
import { Failure } from '../failure.ts';
import { wholeNumber } from '../numbers.ts';
import { brief, moment, more, print, table } from '../output.ts';
import { senderOf } from '../sender.ts';

/** `drowse dead-letters`: the durable messages that were given up. */
export function addDeadLetters(program: Command): void {
  const letters = program.command('dead-letters').description('Shows, requeues and drops messages that were given up.');
  addList(letters);
  addShow(letters);
  addChange(letters, {
    name: 'requeue',
    description: 'Tells the agent the message again, behind all others, and drops the letter.',
    question: { path: 'requeue', method: 'POST' },
    done: 'requeued',
  });
  addChange(letters, {
    name: 'drop',
    description: 'Forgets a dead letter.',
    question: { path: 'dead-letters', method: 'DELETE' },
    done: 'dropped',
  });
}

function addList(letters: Command): void {
  letters
    .command('list')
    .description('Lists them in the order of the ids of their agents, then of their arrival.')
    .option('--type <type>', 'only those of agents of this type')
    .option('--agent <id>', 'only those of this agent')
    .option('--after <letter>', 'only those behind this one')
    .option('--limit <count>', 'how many at most, up to 1000', wholeNumber, 100)
    .option('--json', 'print {"deadLetters": […], "next": …} on one line')
    .addOption(urlOption())
    .action(async ({ url, json, ...query }: ListFlags) => {
      const page = (await ask(url, withQuery('/dead-letters', { ...query }))) as LetterPage;
      if (json) return print(JSON.stringify(page));
      if (page.deadLetters.length === 0) return print('No dead letters.');
      const rows = page.deadLetters.map(({ id, at, attempts, cause }) => {
        return [id, moment(at), String(attempts.length), brief(cause, 80)];
      });
      print(table([['LETTER', 'GIVEN UP', 'ATTEMPTS', 'CAUSE'], ...rows]));
      if (page.next !== null) print(more(page.next));
    });
}

function addShow(letters: Command): void {
  letters
    .command('show')
    .description('Shows one with its message, and how each attempt at it ended.')
    .argument('<letter>', 'the letter, like chat/alice#12')
    .option('--json', 'print all of it as JSON on one line')
    .addOption(urlOption())
    .action(async (id: string, { url, json }: Flags) => {
      const letter = (await ask(url, pathOf('dead-letters', id))) as DeadLetter;
      if (json) return print(JSON.stringify(letter));
      print(table(rows(letter)));
      print(`message\n${JSON.stringify(letter.message ?? null, null, 2)}`);
    });
}

interface Change {
  readonly name: string;
  readonly description: string;
  readonly question: Question & { readonly path: string };
  /** Says in the answer whether it came about. */
  readonly done: string;
}

function addChange(letters: Command, { name, description, question, done }: Change): void {
  letters
    .command(name)
    .description(description)
    .argument('<letter>', 'the letter, like chat/alice#12')
    .option('--json', `print {"${done}": …} on one line`)
    .addOption(urlOption())
    .action(async (id: string, { url, json }: Flags) => {
      const answer = (await ask(url, pathOf(question.path, id), question)) as Record<string, boolean>;
      if (json) print(JSON.stringify(answer));
      if (!answer[done]) throw new Failure(`There is no dead letter ${id}.`);
      if (!json) print(`${id} is ${done}.`);
    });
}

interface Flags {
  url: string;
  json?: true;
}

interface ListFlags extends Flags {
  type?: string;
  agent?: string;
  after?: string;
  limit: number;
}

interface LetterPage {
  deadLetters: DeadLetter[];
  next: string | null;
}

function rows(letter: DeadLetter): string[][] {
  const { id, at, since, cause, attempts } = letter;
  return [
    ['letter', id],
    ['told', `${moment(since)}, by ${senderOf(letter)}`],
    ['given up', moment(at)],
    ['cause', brief(cause, 200)],
    ...attempts.map((attempt) => ['attempt', `${moment(attempt.at)}: ${causeOf(attempt)}`]),
  ];
}
