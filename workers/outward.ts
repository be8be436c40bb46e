import { isTooDeep, type Packed, pack } from '../core/codec.ts';
import type { DrowseError } from '../core/errors.ts';
import { undraft } from './drafts.ts';

/** Encodes what a turn hands out. Parts of the state in it are drafts, which are copied out before they are revoked. */
export function packOutward(value: unknown, what: string): Packed {
  try {
    return pack(value, what);
  } catch (error) {
    if (isTooDeep((error as DrowseError).cause)) throw error;
    return pack(undraft(value), what);
  }
}
