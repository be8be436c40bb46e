import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HostFlags } from '../host-options.ts';
import { wholeNumber } from '../numbers.ts';

/** `drowse serve`: the host. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('Hosts agents and serves them over HTTP, until SIGINT or SIGTERM.')
    .option('--agent <name=module>', 'an agent type and its module; once for each type', collectAgent)
    .option('--env <name=VAR,...>', 'environment variables that agents of a type see', collectEnv)
    .option('--tools <module>', 'functions that all agents can call, in a module that is loaded once')
    .option('--tools-env <VAR,...>', 'environment variables that the tools see', (names: string) => names.split(','))
    .option('--share <name=file>', 'a file that all agents read; once for each', collectShare)
    .option('--config <file>', 'a module whose default export is the options of a supervisor')
    .option('--directory <directory>', 'where the agents are kept (default: ./data)')
    .option('--port <port>', 'the port to listen on; 0 takes any that is free', wholeNumber, 7420)
    .option('--host <address>', 'the address to listen on; there is no authentication', '127.0.0.1')
    .addOption(new Option('--durability <how>', 'what a reply waits for').choices(['fsync', 'os']))
    .option('--idle-timeout <ms>', 'an agent sleeps after this long without a message', wholeNumber)
    .option('--sweep-interval <ms>', 'how often idle agents are looked for', wholeNumber)
    .option('--max-active <count>', 'how many agents may be awake', wholeNumber)
    .option('--memory-budget <MB>', 'memory above which idle agents are put to sleep', wholeNumber)
    .option('--spares <count>', 'workers kept ready for the next agents to wake, of each type', wholeNumber)
    .option('--max-attempts <count>', 'turns of a durable message that may fail before it is given up', wholeNumber)
    .option('--drain <ms>', 'how long turns may take to finish once it is asked to stop', wholeNumber, 10_000)
    .addHelpText('after', '\nDROWSE_LOG sets the level of the log on stderr: debug, info (the default), warn, error.')
    .action(async (flags: HostFlags) => {
      // The other commands run without loading the runtime.
      const { runHost } = await import('../host.ts');
      await runHost(flags);
    });
}

/** For an option `--agent <name=module>` that may be given several times. */
export function collectAgent(text: string, agents: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, module] = split(text, 'counter=./counter.js');
  return { ...agents, [name]: module };
}

function collectShare(text: string, files: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, file] = split(text, 'prompts=./prompts.json');
  return { ...files, [name]: file };
}

function collectEnv(text: string, env: Readonly<Record<string, string[]>> = {}): Record<string, string[]> {
  const [name, variables] = split(text, 'chat=CHAT_URL,CHAT_KEY');
  return { ...env, [name]: [...(env[name] ?? []), ...variables.split(',')] };
}

function split(text: string, example: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) throw new InvalidArgumentError(`It must look like ${example}.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
