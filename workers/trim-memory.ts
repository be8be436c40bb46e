// Runs in a helper thread: gives memory that glibc holds for later back to the system. Trimming walks through all
// arenas, 30 ms after 200 workers have ended, so it must not run on the main thread; it serves the whole process
// from any other. Needs node:ffi (Node 26) and glibc.

interface Ffi {
  dlopen(name: string, functions: object): { functions: { malloc_trim(pad: bigint): number } };
}

/** Whether memory could be given back at all on this platform. */
export default async function trimMemory(): Promise<boolean> {
  try {
    const ffi = (await import('node:ffi' as string)) as Ffi;
    const libc = ffi.dlopen('libc.so.6', { malloc_trim: { arguments: ['uint64'], return: 'int32' } });
    libc.functions.malloc_trim(0n);
    return true;
  } catch {
    return false;
  }
}
