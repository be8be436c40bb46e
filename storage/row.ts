import { decode, encode } from '../core/codec.ts';
import { Damage, PAYLOAD_AT, seal, unseal } from './envelope.ts';

const NUMBER_BYTES = 6;

/** Wraps what belongs to a message for the disk: its number in plain, so that a sweep need not read the rest. */
export function sealRow(number: number, fields: object): Buffer {
  const bytes = encode(fields, 'row');
  const payload = Buffer.allocUnsafe(NUMBER_BYTES + bytes.length);
  payload.writeUIntBE(number, 0, NUMBER_BYTES);
  payload.set(bytes, NUMBER_BYTES);
  return seal(payload, 0);
}

/** What {@link sealRow} was given; throws {@link Damage} that calls it `what`. */
export function unsealRow<Fields>(sealed: Buffer, what: string): Fields & { number: number } {
  const payload = Buffer.from(unseal(sealed, what, 0));
  try {
    const fields = decode(payload.subarray(NUMBER_BYTES)) as Fields;
    return { ...fields, number: payload.readUIntBE(0, NUMBER_BYTES) };
  } catch {
    throw new Damage(`its ${what} cannot be read`);
  }
}

/** The number of a row, or of an entry that is one, whether the rest is damaged or not; undefined where it is cut short. */
export function numberOf(sealed: Buffer): number | undefined {
  return sealed.length < PAYLOAD_AT + NUMBER_BYTES ? undefined : sealed.readUIntBE(PAYLOAD_AT, NUMBER_BYTES);
}
