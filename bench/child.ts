import { fork } from 'node:child_process';
import { once } from 'node:events';
import { THREAD_POOL } from '../cli/launcher.ts';

/** A call of a module's exported function, with plain data. */
interface Call {
  readonly module: string;
  readonly name: string;
  readonly params: unknown;
}

/** What a process says of its call. */
type Answer = { readonly value: unknown } | { readonly failed: string };

/** How long a process may go on once it has given its result; longer, and something that should have ended has not. */
const LINGER_MS = 10_000;

/**
 * Runs an exported function of a module in a process of its own, so that neither sees what the other left in memory. It
 * has this one's flags and the thread pool of a host. Params and result are plain data. Rejects where the function does,
 * and where the process fails or does not end by itself.
 */
export async function inChild<Result>(module: string, name: string, params: unknown): Promise<Result> {
  const call: Call = { module, name, params };
  // Its stdout goes to our stderr: ours belongs to the report.
  const child = fork(process.argv[1] as string, ['--child', JSON.stringify(call)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    env: { UV_THREADPOOL_SIZE: THREAD_POOL, ...process.env },
  });
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let answer: Answer | undefined;
  let timer: NodeJS.Timeout | undefined;
  child.once('message', (message) => {
    answer = message as Answer;
    timer = setTimeout(() => child.kill('SIGKILL'), LINGER_MS);
  });
  const [code, signal] = await exit;
  clearTimeout(timer);
  if (answer && 'failed' in answer) throw new Error(answer.failed);
  if (answer && code === 0) return answer.value as Result;
  throw new Error(
    answer
      ? `${name}() of ${module} gave its result, but its process did not end within ${LINGER_MS} ms.`
      : `${name}() of ${module} ended its process with ${signal ?? `exit code ${code}`}.`,
  );
}

/** The other side of {@link inChild}. */
export async function actAsChild(json: string): Promise<void> {
  // An orphan has nobody to report to.
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();
  const { module, name, params } = JSON.parse(json) as Call;
  const functions = (await import(module)) as Record<string, (params: unknown) => Promise<unknown>>;
  const say = (answer: Answer) => new Promise((resolve) => process.send?.(answer, resolve));
  try {
    await say({ value: await functions[name]?.(params) });
  } catch (error) {
    await say({ failed: (error as Error).message });
    throw error;
  }
}
