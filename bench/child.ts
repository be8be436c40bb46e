import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A call of a module's exported function, with plain data. */
interface Call {
  readonly module: string;
  readonly name: string;
  readonly params: unknown;
}

/** How long a process may go on once it has given its result; longer, and something that should have ended has not. */
const LINGER_MS = 10_000;

/**
 * Runs an exported function of a module in a process of its own, with this one's flags, so that neither sees what the
 * other left in memory. Params and result are plain data. Rejects where the process fails, or does not end by itself.
 */
export async function inChild<Result>(module: string, name: string, params: unknown): Promise<Result> {
  const call: Call = { module, name, params };
  // Its stdout goes to our stderr: ours belongs to the report.
  const child = fork(process.argv[1] as string, ['--child', JSON.stringify(call)], { stdio: ['ignore', 2, 2, 'ipc'] });
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  let result: { value: Result } | undefined;
  let timer: NodeJS.Timeout | undefined;
  child.once('message', (message) => {
    result = message as { value: Result };
    timer = setTimeout(() => child.kill('SIGKILL'), LINGER_MS);
  });
  const [code, signal] = await exit;
  clearTimeout(timer);
  if (result && code === 0) return result.value;
  throw new Error(
    result
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
  const value = await functions[name]?.(params);
  await new Promise((resolve) => process.send?.({ value }, resolve));
}
