import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addDoctor } from './commands/doctor.ts';
import { addInbox } from './commands/inbox.ts';
import { addInspect } from './commands/inspect.ts';
import { addList } from './commands/list.ts';
import { addRelease } from './commands/release.ts';
import { addRun } from './commands/run.ts';
import { addSend } from './commands/send.ts';
import { addServe } from './commands/serve.ts';
import { addSkip } from './commands/skip.ts';
import { addStats } from './commands/stats.ts';
import { addTell } from './commands/tell.ts';
import { Failure, UsageError } from './failure.ts';

const COMMANDS = [
  addServe,
  addRun,
  addSend,
  addTell,
  addList,
  addInspect,
  addInbox,
  addSkip,
  addDeadLetters,
  addRelease,
  addStats,
  addDoctor,
];

/**
 * Runs one command and leaves its exit status in `process.exitCode`: 0 if it did its work, 1 if it failed, 2 if it was
 * called in a way that cannot work. Both are said in one line on stderr.
 */
export async function main(args: readonly string[]): Promise<void> {
  // A reader like `head` that has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = statusOf(error);
  }
}

function program(): Command {
  const { version } = createRequire(import.meta.url)('drowse/package.json') as { version: string };
  const program = new Command('drowse')
    .description('Hosts agents that sleep while nobody needs them, and talks to them.')
    .version(version)
    .showHelpAfterError('(--help says how it is used)')
    // Before the commands are added: they inherit it.
    .exitOverride();
  for (const add of COMMANDS) add(program);
  return program;
}

function statusOf(error: unknown): 0 | 1 | 2 {
  // Commander has said it already. Its own status for a wrong call is 1, which here is a failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof Failure) {
    process.stderr.write(`drowse: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
  process.stderr.write(`drowse: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
