import { inspect } from 'node:util';
import fc from 'fast-check';
import { contradictions } from './contradictions.ts';
import type { Call } from './history.ts';
import { HostProcesses } from './host-processes.ts';
import { type Program, programs } from './program.ts';
import { Runner } from './runner.ts';

/** How long one program may take to come to rest. */
const PATIENCE_MS = 30_000;
/** Once a program has failed: what depends on chance is tried so often before a smaller one counts as right. */
const TRIES = 5;
const SHRINKING_MS = 120_000;

export interface CheckOptions {
  readonly seed: number;
  readonly runs: number;
  /** Where the failing program stands, as a failure says. */
  readonly path?: string | undefined;
}

/** Runs random programs one after the other; throws with the smallest found that contradicts the model, its seed and its path. */
export async function checkPrograms({ seed, runs, path }: CheckOptions): Promise<void> {
  const processes = new HostProcesses(1);
  let failedAt: number | undefined;
  let first: unknown;
  const holds = async (program: Program): Promise<void> => {
    if (failedAt === undefined) return runOnce(program, processes, PATIENCE_MS);
    for (let n = 0; n < TRIES && Date.now() < failedAt + SHRINKING_MS; n += 1) {
      await runOnce(program, processes, PATIENCE_MS / 4);
    }
  };
  const property = fc.asyncProperty(programs, async (program) => {
    try {
      await holds(program);
    } catch (error) {
      failedAt ??= Date.now();
      first ??= error;
      throw error;
    }
  });
  try {
    await fc.assert(property, {
      seed,
      numRuns: path === undefined ? runs : 1,
      includeErrorInReport: true,
      ...(path !== undefined && { path, endOnFailure: true }),
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\nBefore it was made smaller: ${(first as Error)?.message}`);
  } finally {
    await processes.end();
  }
}

async function runOnce(program: Program, processes: HostProcesses, patienceMs: number): Promise<void> {
  const runner = new Runner(program, processes, patienceMs);
  try {
    const run = await runner.run();
    const wrong = contradictions(run);
    if (wrong.length > 0) {
      const logs = Object.entries(run.agents).map(
        ([agent, info]) => `${agent}: ${info?.state?.begun.map(({ token }) => token)}`,
      );
      throw new Error([...wrong, ...logs, `dead: ${inspect(run.letters, { depth: 5 })}`].join('\n'));
    }
  } catch (error) {
    const moments = [
      ...runner.calls.map(line),
      ...runner.kills.map((at) => `${at} kill`),
      ...runner.closes.map((at) => `${at} close`),
    ];
    moments.sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
    throw new Error(`${(error as Error).message}\n${moments.join('\n')}`);
  }
}

function line({ do: kind, agent, message, key, called, returned, outcome }: Call): string {
  const what = `${kind} ${message?.token ?? ''} to ${agent}${key === undefined ? '' : ` under ${key}`}`;
  return `${called} ${what}: ${outcome.kind} at ${returned} ${inspect({ ...outcome, kind: undefined }, { breakLength: Number.POSITIVE_INFINITY, depth: 1 })}`;
}
