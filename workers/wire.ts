// The two frames of every turn travel between threads as lists: the keys of objects would take as long as all that they hold.
import type { Packed } from '../core/codec.ts';
import type { Change, Down, Effects, Up } from './protocol.ts';

type Message = Extract<Down, { kind: 'message' }>;
type Done = Extract<Up, { kind: 'done' }>;

/** A frame to a thread as it travels. */
export type DownWire = Exclude<Down, Message> | readonly [number, Packed, number | undefined, boolean];

/** A frame from a thread as it travels. */
export type UpWire =
  | Exclude<Up, Done>
  | readonly [number, Packed, Change['kind'] | undefined, Packed | undefined, Effects | undefined];

export function sendDown(frame: Down): DownWire {
  return frame.kind === 'message' ? [frame.number, frame.body, frame.deadline, frame.streams] : frame;
}

export function readDown(wire: DownWire): Down {
  if ('kind' in wire) return wire;
  const [number, body, deadline, streams] = wire;
  return { kind: 'message', number, body, deadline, streams };
}

export function sendUp(frame: Up): UpWire {
  if (frame.kind !== 'done') return frame;
  const { number, reply, change, effects } = frame;
  return [number, reply, change?.kind, change?.packed, effects];
}

export function readUp(wire: UpWire): Up {
  if ('kind' in wire) return wire;
  const [number, reply, kind, packed, effects] = wire;
  const change = kind === undefined ? undefined : { kind, packed: packed as Packed };
  return { kind: 'done', number, reply, change, effects };
}
