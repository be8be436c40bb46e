import t from 'tap';
import { Lingering } from '../../core/lingering.ts';
import { eventually } from '../eventually.ts';

t.test('what was let go is collected, though the thread has no need of memory; not while it is busy', async () => {
  let looks = 0;
  let busy = true;
  const lingering = new Lingering(() => {
    looks += 1;
    return busy;
  });
  const gone = new WeakRef(new SharedArrayBuffer(2 ** 20));
  lingering.add(2 ** 20 - 1);
  lingering.add(1);
  await eventually('it was looked at', () => looks === 1);
  busy = false;
  // V8 may have collected it by itself meanwhile.
  await eventually('it was looked at again', () => looks === 2);
  await eventually('it is collected', () => gone.deref() === undefined);
});
