import { getEventListeners } from 'node:events';
import t from 'tap';
import { encode } from '../../../core/codec.ts';
import type { DrowseError } from '../../../core/errors.ts';
import { Timers } from '../../../core/timers.ts';
import { aborted, cancelOn } from '../../../runtime/messages/cancellation.ts';
import { Delivery } from '../../../runtime/messages/delivery.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

/** A delivery whose caller has 100 ms of patience and may abort; `cancels` are the reasons it was cancelled for. */
function setUp() {
  const clock = new ManualClock();
  const timers = new Timers(clock);
  const delivery = new Delivery(encode('message', 'message'), { number: 0, sentAt: clock.elapsed() });
  delivery.reply.catch(() => {});
  const caller = new AbortController();
  const cancels: DrowseError[] = [];
  cancelOn({ timeoutMs: 100, signal: caller.signal }, delivery, timers, (why) => cancels.push(why));
  return { clock, timers, delivery, caller, cancels };
}

t.test('when its time is up, a message is cancelled with a timeout', async (t) => {
  const { clock, cancels } = setUp();
  clock.advance(99);
  t.equal(cancels.length, 0);
  clock.advance(1);
  t.equal(cancels.length, 1);
  t.match(cancels[0], { code: 'ERR_DROWSE_TIMEOUT', message: /100 ms/, retryable: true });
});

t.test('when its caller aborts, a message is cancelled with the reason as the cause', async (t) => {
  const { caller, cancels } = setUp();
  const reason = new Error('the user left');
  caller.abort(reason);
  t.equal(cancels.length, 1);
  t.equal(cancels[0]?.code, 'ERR_DROWSE_ABORTED');
  t.equal(cancels[0]?.cause, reason);
});

t.test(
  'once a message is settled, neither the time nor the caller cancels it, and nothing is left behind',
  async (t) => {
    for (const settle of ['resolve', 'reject'] as const) {
      const { clock, delivery, caller, cancels } = setUp();
      t.equal(getEventListeners(caller.signal, 'abort').length, 1);
      if (settle === 'resolve') delivery.resolve(encode(1, 'reply'));
      else delivery.reject(new Error('x'));
      t.equal(getEventListeners(caller.signal, 'abort').length, 0);
      t.equal(clock.pending, 0);
      caller.abort();
      clock.advance(1_000);
      t.equal(cancels.length, 0);
    }
  },
);

t.test('a message settled by another that times out with it is not cancelled', async (t) => {
  const clock = new ManualClock();
  const timers = new Timers(clock);
  const delivery = new Delivery(encode('message', 'message'), { number: 0, sentAt: clock.elapsed() });
  const reply = encode(1, 'reply');
  timers.add(100, () => delivery.resolve(reply));
  cancelOn({ timeoutMs: 100, signal: undefined }, delivery, timers, () => t.fail('it was settled'));
  clock.advance(1_000);
  t.equal(await delivery.reply, reply);
});

t.test('without a signal, the time alone cancels', async (t) => {
  const clock = new ManualClock();
  const codes: string[] = [];
  const delivery = new Delivery(new Uint8Array(), { number: 0, sentAt: 0 });
  cancelOn({ timeoutMs: 5, signal: undefined }, delivery, new Timers(clock), ({ code }) => codes.push(code));
  clock.advance(10);
  t.strictSame(codes, ['ERR_DROWSE_TIMEOUT']);
});

t.test('the error of an aborted signal carries its reason', async (t) => {
  t.match(aborted(AbortSignal.abort('why')), { code: 'ERR_DROWSE_ABORTED', cause: 'why', retryable: false });
  t.match(aborted(AbortSignal.abort()), { cause: { name: 'AbortError' } });
});
