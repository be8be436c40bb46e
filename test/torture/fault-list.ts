import { type FaultInTurn, faultsInTurn } from '../fixtures/faults.ts';
import type { Fault } from './fault-matrix.ts';

/** What harms more than the agent in a thread whose fault it is: threads share a process with all it has. */
const SHARED: readonly FaultInTurn[] = [
  'WebAssembly memory of 1.5 GB',
  'arrays filled by nothing but builtins',
  'a read of a FIFO that blocks',
  '32 `pbkdf2` at once',
  '100 reads of a FIFO',
  '`process.kill()` of its own process',
  'a crash in native code',
];

/** What a thread would do to the files of the store. */
const STRAY: readonly FaultInTurn[] = [
  'garbage written to all files that are open',
  'the closing of all files that are open',
];

const inTurn = Object.keys(faultsInTurn) as FaultInTurn[];

/** Faults that a thread contains. */
export const CONTAINED: readonly Fault[] = [
  ...inTurn.filter((turn) => !SHARED.includes(turn) && !STRAY.includes(turn)).map((turn) => ({ name: turn, turn })),
  { name: 'a crash in `activate()`', trap: 'activate' },
  { name: 'a crash in `passivate()`', trap: 'passivate' },
  { name: 'a crash while its module is imported', trap: 'import' },
  { name: 'a crash in a migration', trap: 'migrate' },
];

/** Faults that it does not. */
export const UNCONTAINED: readonly Fault[] = SHARED.map((turn) => ({ name: turn, turn }));

/** Faults that are committed in a process alone. */
export const IN_PROCESS: readonly Fault[] = STRAY.map((turn) => ({ name: turn, turn }));
