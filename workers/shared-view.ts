import { DrowseError } from '../core/errors.ts';
import type { SharedData } from './define-agent.ts';
import { PROBES } from './probes.ts';
import type { Decoded, HeldPiece } from './shared-pieces.ts';

/** The shared data as one turn sees it. What it has decoded stays so until the turn is over. */
export function sharedView(pieces: ReadonlyMap<string, HeldPiece>): SharedData {
  const view: SharedData = Object.create(null);
  for (const [name, piece] of pieces) {
    let decoded: Decoded | undefined;
    const get = () => {
      decoded ??= piece.decode();
      return decoded.value;
    };
    Object.defineProperty(view, name, { enumerable: true, get });
  }
  return new Proxy(Object.freeze(view), {
    get(target, name) {
      if (typeof name === 'string' && !(name in target) && !PROBES.includes(name)) throw unknown(name, pieces);
      return Reflect.get(target, name);
    },
  });
}

function unknown(name: string, pieces: ReadonlyMap<string, HeldPiece>): DrowseError {
  const names = pieces.size === 0 ? 'there is none' : `there are: ${[...pieces.keys()].join(', ')}`;
  return new DrowseError(
    'ERR_DROWSE_INVALID_OPTIONS',
    `There is no shared data named ${JSON.stringify(name)}; ${names}. Declare it where the host is opened, in its option \`shared\`.`,
  );
}
