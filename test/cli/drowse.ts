import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';

export const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'dist/cli/drowse.js');

/** Not the test's own environment: what tap puts there would be loaded by every child. */
const ENV = { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR };

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `drowse <args>` to its end. */
export function drowse(args: readonly string[], options: { env?: object; cwd?: string; flags?: string[] } = {}) {
  const { env = {}, cwd = ROOT, flags = [] } = options;
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = execFile(
    process.execPath,
    [...flags, BIN, ...args],
    { cwd, env: { ...ENV, ...env } },
    (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
  );
  return promise;
}

/** A host that listens: `drowse serve` with its launcher, in a process group of its own. */
export interface Host {
  readonly launcher: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly pid: number;
  readonly output: { stdout: string; stderr: string };
  /** Once launcher and host have both ended. */
  readonly ended: Promise<Outcome>;
}

/** Starts a host in that directory, with agents of test/fixtures unless `args` name others; killed when the test ends. */
export async function startHost(
  t: Test,
  directory: string,
  options: { args?: string[]; env?: object } = {},
): Promise<Host> {
  const agents = ['slow', 'probe'].flatMap((name) => ['--agent', `${name}=${fileURLToPath(fixture(name))}`]);
  const { args = [], env = {} } = options;
  const types = args.includes('--agent') || args.includes('--config') ? [] : agents;
  const launcher = spawn(process.execPath, [BIN, 'serve', '--port', '0', '--directory', directory, ...types, ...args], {
    cwd: ROOT,
    env: { ...ENV, ...env },
    detached: true,
  });
  const pid = launcher.pid as number;
  const output = { stdout: '', stderr: '' };
  launcher.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  launcher.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  // 'close' comes when nobody holds the pipes any more, which the host inherits.
  const ended = once(launcher, 'close').then(([status]) => ({ status: status as number | null, ...output }));
  t.teardown(async () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Both are gone.
    }
    await ended;
  });
  const url = await eventually('the host listens', () => {
    if (launcher.exitCode !== null) throw new Error(`The host ended: ${output.stderr}`);
    return output.stdout.includes('Try:') ? /listens on (\S+)/.exec(output.stdout)?.[1] : undefined;
  });
  return { launcher, url, pid, output, ended };
}
