import { seal, unsealFixed } from './envelope.ts';

/** Where an agent stands on disk: the little that is read of it to list it, or to find the rest. */
export interface Head {
  readonly generation: number;
  /** What the snapshot stands for; the records follow it. */
  readonly sequence: number;
  readonly chunks: number;
  /** Bytes of the snapshot, all chunks together. */
  readonly length: number;
  readonly createdAt: number;
}

const FIELDS = ['generation', 'sequence', 'chunks', 'length', 'createdAt'] as const satisfies readonly (keyof Head)[];
const FIELD_BYTES = 6;

export function sealHead(head: Head): Buffer {
  const payload = Buffer.allocUnsafe(FIELDS.length * FIELD_BYTES);
  let at = 0;
  for (const field of FIELDS) at = payload.writeUIntBE(head[field], at, FIELD_BYTES);
  return seal(payload, 0);
}

/** Throws `Damage`. */
export function unsealHead(sealed: Buffer, what = 'head'): Head {
  const payload = unsealFixed(sealed, what, FIELDS.length * FIELD_BYTES);
  const field = (name: (typeof FIELDS)[number]) => payload.readUIntBE(FIELDS.indexOf(name) * FIELD_BYTES, FIELD_BYTES);
  return {
    generation: field('generation'),
    sequence: field('sequence'),
    chunks: field('chunks'),
    length: field('length'),
    createdAt: field('createdAt'),
  };
}
