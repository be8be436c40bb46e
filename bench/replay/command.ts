import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { collectAgent } from '../../cli/commands/serve.ts';
import { wholeNumber } from '../../cli/numbers.ts';
import type { Context } from '../scenario.ts';
import type { ReplayContext } from './replay.ts';
import { readTraffic, TrafficError } from './traffic.ts';

interface Flags {
  readonly speed?: number;
  readonly idleTimeout: number;
  readonly agent?: Readonly<Record<string, string>>;
}

/** What a replay is told beside what every scenario is. */
type Params = Omit<ReplayContext, keyof Context>;

const MODULE = new URL(`./replay${extname(import.meta.filename)}`, import.meta.url).href;

/** `bench replay FILE`: people's own traffic. What cannot be replayed is refused as a wrong call. */
export function addReplay(program: Command, run: (module: string, params: Params) => Promise<void>): void {
  program
    .command('replay <file>')
    .description('Replays recorded traffic: JSON Lines of { agent, message, at }.')
    .option(
      '--speed <times>',
      'how many times faster than recorded, 0 as fast as can be; default about a minute in all',
      speedOf,
    )
    .option(
      '--idle-timeout <ms>',
      'an agent sleeps after this long without a message, in recorded time',
      wholeNumber,
      30 * 60_000,
    )
    .option('--agent <name=module>', 'an agent type and its module; other types keep what they are told', collectAgent)
    .action(async (file: string, { speed, idleTimeout: idleTimeoutMs, agent = {} }: Flags, command: Command) => {
      const agents = Object.fromEntries(Object.entries(agent).map(([type, module]) => [type, resolve(module)]));
      const missing = Object.values(agents).find((module) => !existsSync(module));
      if (missing) command.error(`There is no module ${missing}.`);
      await readTraffic(file).catch((error: Error) => {
        if (error instanceof TrafficError) command.error(`${file}: ${error.message}`);
        throw error;
      });
      await run(MODULE, { file: resolve(file), ...(speed !== undefined && { speed }), idleTimeoutMs, agents });
    });
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (text.trim() === '' || !(speed >= 0 && speed < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('It must be a number from 0 on.');
  return speed;
}
