import t from 'tap';
import type { Down, Up } from '../../workers/protocol.ts';
import { readDown, readUp, sendDown, sendUp } from '../../workers/wire.ts';

const bytes = new Uint8Array([1, 2]);
const effects = { tells: [{ to: 'echo/b', body: bytes }], alarms: [] };

t.test('a frame is after its way what it was before', async (t) => {
  const down: Down[] = [
    { kind: 'message', number: 1, body: '{}', deadline: undefined, streams: false },
    { kind: 'message', number: 2, body: bytes, deadline: 12.5, streams: true },
    { kind: 'cancel', number: 1 },
  ];
  for (const frame of down) t.strictSame(readDown(structuredClone(sendDown(frame))), frame);
  const up: Up[] = [
    { kind: 'done', number: 1, reply: '1', change: undefined, effects: undefined },
    { kind: 'done', number: 2, reply: bytes, change: { kind: 'record', packed: '[]' }, effects: undefined },
    { kind: 'done', number: 3, reply: '', change: { kind: 'snapshot', packed: bytes }, effects },
    { kind: 'cancelled', number: 4 },
  ];
  for (const frame of up) t.strictSame(readUp(structuredClone(sendUp(frame))), frame);
});
