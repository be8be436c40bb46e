import { fits, type Packed, pack, sizeOf } from './codec.ts';
import { DrowseError } from './errors.ts';

export interface MessageLimits {
  readonly maxMessageBytes: number;
  /** Whom it is for. */
  readonly agentId?: string;
}

/** Packs a message. Throws `ERR_DROWSE_NOT_SERIALIZABLE`, or `ERR_DROWSE_MESSAGE_TOO_LARGE`. */
export function packMessage(message: unknown, { maxMessageBytes, agentId }: MessageLimits, packer = pack): Packed {
  const body = packer(message, 'message');
  if (fits(body, maxMessageBytes)) return body;
  const text = `The message has ${sizeOf(body)} bytes; maxMessageMb allows ${maxMessageBytes}. Send less, or raise maxMessageMb.`;
  throw new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text, { ...(agentId !== undefined && { agentId }) });
}
