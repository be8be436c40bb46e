import { crc32 } from 'node:zlib';

const VERSION = 1;
const CHECKSUM_AT = 1;
/** Where the bytes begin in what was sealed. */
export const PAYLOAD_AT = 5;

/** What is on disk is not what was written. Stays inside the storage: callers see `ERR_DROWSE_CORRUPT_STATE`. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

/**
 * Wraps bytes for the disk: a version byte, a checksum, the bytes. The checksum starts from the value's place among
 * its like (a record's sequence, a chunk's number), so that a value read in the place of another one fails it: a gap
 * is found without reading keys. Places count from 1; 0 is for what has no like. Copies the bytes.
 */
export function seal(payload: Uint8Array, place: number): Buffer {
  const sealed = Buffer.allocUnsafe(PAYLOAD_AT + payload.length);
  sealed[0] = VERSION;
  sealed.writeUInt32BE(crc32(payload, place >>> 0), CHECKSUM_AT);
  sealed.set(payload, PAYLOAD_AT);
  return sealed;
}

/** The bytes that were sealed for this place, as a view; throws {@link Damage} that calls the value `what place`. */
export function unseal(sealed: Buffer | undefined, what: string, place: number): Uint8Array {
  if (sealed === undefined) throw damage(what, place, 'is missing');
  if (sealed.length < PAYLOAD_AT) throw damage(what, place, 'is cut short');
  if (sealed[0] !== VERSION) throw damage(what, place, `has the unknown version ${sealed[0]}`);
  const payload = new Uint8Array(sealed.buffer, sealed.byteOffset + PAYLOAD_AT, sealed.length - PAYLOAD_AT);
  if (crc32(payload, place >>> 0) !== sealed.readUInt32BE(CHECKSUM_AT)) {
    throw damage(what, place, 'is missing or fails its checksum');
  }
  return payload;
}

/** A number of up to 48 bits, sealed: the value of tombstones and counters. */
export function sealNumber(number: number): Buffer {
  const payload = Buffer.allocUnsafe(6);
  payload.writeUIntBE(number, 0, 6);
  return seal(payload, 0);
}

/** The number that {@link sealNumber} was given; throws {@link Damage}. */
export function unsealNumber(sealed: Buffer, what: string): number {
  return unsealFixed(sealed, what, 6).readUIntBE(0, 6);
}

/** The bytes of a value that always has this length; throws {@link Damage}. */
export function unsealFixed(sealed: Buffer, what: string, length: number): Buffer {
  const payload = unseal(sealed, what, 0);
  if (payload.length !== length) throw damage(what, 0, `has ${payload.length} bytes, not ${length}`);
  return Buffer.from(payload.buffer, payload.byteOffset, length);
}

function damage(what: string, place: number, how: string): Damage {
  return new Damage(place === 0 ? `its ${what} ${how}` : `its ${what} ${place} ${how}`);
}
