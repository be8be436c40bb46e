// PR_SET_PDEATHSIG of prctl(2).
const DEATH_SIGNAL = 1;
const SIGKILL = 9n;

interface Ffi {
  dlopen(name: string, functions: object): { functions: { prctl(option: number, ...args: bigint[]): number } };
}

interface Permission {
  drop?(scope: string): void;
}

/**
 * Makes this process end with its parent, though it be in an endless loop then: by the kernel, where that is Linux and Node has
 * `node:ffi`. Elsewhere a process that is blocked ends only once it is not. Code that is loaded later has no use of that
 * module where permissions are set.
 */
export function dieWithParent(parent: number, end: () => void): void {
  try {
    const ffi = process.getBuiltinModule('node:ffi' as 'node:fs') as unknown as Ffi;
    const prctl = { arguments: ['int32', 'uint64', 'uint64', 'uint64', 'uint64'], return: 'int32' };
    ffi.dlopen('libc.so.6', { prctl }).functions.prctl(DEATH_SIGNAL, SIGKILL, 0n, 0n, 0n);
  } catch {
    // There is none.
  }
  (process as { permission?: Permission }).permission?.drop?.('ffi');
  // It may have ended before that.
  if (process.ppid !== parent) end();
}
