import { sealNumber, unseal, unsealNumber } from './envelope.ts';
import { type Head, sealHead, unsealHead } from './head.ts';

/** What of an agent is dead: its rows up to a generation. */
export interface Tombstone {
  readonly generation: number;
  /** Where the agent stood when a new snapshot replaced that generation; undefined where the agent was deleted. */
  readonly head?: Head;
}

export function sealTombstone({ generation, head }: Tombstone): Buffer {
  return head ? sealHead(head) : sealNumber(generation);
}

/** Throws `Damage`. */
export function unsealTombstone(sealed: Buffer): Tombstone {
  // Read for its checksum first: the length tells the two apart.
  if (unseal(sealed, 'tombstone', 0).length === NUMBER_BYTES) return { generation: unsealNumber(sealed, 'tombstone') };
  const head = unsealHead(sealed, 'tombstone');
  return { generation: head.generation, head };
}

const NUMBER_BYTES = 6;
