// Runs in a helper thread: what `inspect` shows of a state is decoded there, so that a large one holds up nobody.
import { fold } from './state.ts';

export default function foldState(stored: { snapshot: Uint8Array; records: Uint8Array[] }): unknown {
  return fold(stored.snapshot, stored.records).state;
}
