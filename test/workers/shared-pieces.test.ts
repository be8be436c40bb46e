import t from 'tap';
import type { SharedPiece } from '../../workers/protocol.ts';
import { SharedPieces } from '../../workers/shared-pieces.ts';

const text = (value: string, version: number): SharedPiece => ({ kind: 'text', bytes: Buffer.from(value), version });

t.test('of two pieces of a name the newer is there, in whichever order they come', async (t) => {
  const pieces = new SharedPieces(() => false);
  pieces.put('a', text('new', 3));
  pieces.put('a', text('old', 0));
  pieces.put('b', text('other', 1));
  t.equal(pieces.all.get('a')?.decode().value, 'new');
  t.equal(pieces.version, 3);
});

t.test('whoever has taken the pieces keeps them', async (t) => {
  const pieces = new SharedPieces(() => false);
  pieces.put('a', text('old', 0));
  const { all } = pieces;
  pieces.put('a', text('new', 1));
  pieces.put('b', text('other', 2));
  t.same(
    [...all].map(([name, piece]) => [name, piece.decode().value]),
    [['a', 'old']],
  );
});

t.test('a piece that came with other bytes holds its own alone', async (t) => {
  const pieces = new SharedPieces(() => false);
  const frame = Buffer.from('before|bytes|behind');
  pieces.put('a', { kind: 'bytes', bytes: frame.subarray(7, 12), version: 0 });
  const value = pieces.all.get('a')?.decode().value as Uint8Array;
  t.equal(Buffer.from(value).toString(), 'bytes');
  t.equal(value.buffer.byteLength, 5);
});
