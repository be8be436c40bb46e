import t from 'tap';
import { DrowseError } from '../../core/errors.ts';
import { fromFault, toFault } from '../../core/fault.ts';

/** What the caller sees of something thrown in agent a/b. */
const across = (thrown: unknown): Error & Record<string, unknown> =>
  fromFault(structuredClone(toFault(thrown)), 'a/b') as Error & Record<string, unknown>;

t.test('name, message, stack and own properties arrive', async (t) => {
  class QuotaError extends RangeError {
    override readonly name = 'QuotaError';
    readonly left = 3;
    readonly detail = { since: new Date(5), tags: new Set(['x']) };
  }
  const thrown = new QuotaError('no more');
  const error = across(thrown);
  t.ok(error instanceof Error);
  t.equal(error.name, 'QuotaError');
  t.equal(error.message, 'no more');
  t.equal(error.stack, thrown.stack);
  t.equal(error.left, 3);
  t.strictSame(error.detail, { since: new Date(5), tags: new Set(['x']) });
  t.strictSame(Object.keys(error).sort(), ['detail', 'left'], 'name and stack stay hidden');
});

t.test('nested causes arrive', async (t) => {
  const cause = new TypeError('second', { cause: new RangeError('third') });
  const error = across(new Error('first', { cause }));
  t.match(error, { message: 'first', cause: { name: 'TypeError', cause: { name: 'RangeError', message: 'third' } } });
});

t.test('an error of drowse keeps its code, and learns its agent', async (t) => {
  const error = across(new DrowseError('ERR_DROWSE_TIMEOUT', 'too late', { cause: new Error('slow') }));
  t.ok(error instanceof DrowseError);
  t.match(error, { code: 'ERR_DROWSE_TIMEOUT', retryable: true, agentId: 'a/b', cause: { message: 'slow' } });
});

t.test('an error of drowse keeps its issues, and nothing else changes what it says of itself', async (t) => {
  const issues = [{ message: 'no number', path: ['amount', 0] }];
  const thrown = new DrowseError('ERR_DROWSE_INVALID_MESSAGE', 'no', { agentId: 'x/y', issues });
  const error = across(Object.assign(thrown, { retryable: true }));
  t.match(error, { code: 'ERR_DROWSE_INVALID_MESSAGE', retryable: false, agentId: 'a/b' });
  t.same(error.issues, issues);
});

t.test('an error of drowse keeps its code as a cause, however the cause was set', async (t) => {
  const cause = new DrowseError('ERR_DROWSE_TIMEOUT', 'too late');
  t.match(across(new Error('x', { cause })), { cause: { code: 'ERR_DROWSE_TIMEOUT' } });
  t.match(across(Object.assign(new Error('x'), { cause })), { cause: { code: 'ERR_DROWSE_TIMEOUT' } });
});

t.test('an agent cannot make up a code of drowse', async (t) => {
  const forged = Object.assign(new DrowseError('ERR_DROWSE_TIMEOUT', 'x'), { code: 'MADE_UP' });
  const error = across(forged);
  t.ok(error instanceof Error);
  t.equal(error.message, 'x');
});

t.test('what is no error arrives as one that says it, and has one cause at most', async (t) => {
  for (const thrown of ['text', 7, null, undefined, Symbol('s'), ['a', 'list']]) {
    const error = across(thrown);
    t.match(error, { name: 'Error', message: String(thrown) });
    t.notOk((error.cause as Error | undefined)?.cause, 'no cause of the cause');
  }
});

t.test('a getter that throws costs its own property, not the message', async (t) => {
  const thrown = Object.defineProperty(new TypeError('the reason'), 'bad', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  t.match(across(thrown), { name: 'TypeError', message: 'the reason' });
});

t.test('whatever is thrown, a fault comes of it', async (t) => {
  const refuse = () => {
    throw new Error('hands off');
  };
  const hostile = [
    new Proxy(new Error('x'), { get: refuse, ownKeys: refuse, getPrototypeOf: refuse }),
    new Proxy({}, { get: refuse, getPrototypeOf: refuse }),
    Object.create(null),
    { toString: refuse },
    Object.defineProperty(new Error('x'), 'message', { get: refuse }),
    Object.defineProperty(new Error('x'), 'cause', { get: refuse }),
    Object.assign(new Error('x'), { name: Symbol('s'), stack: 7, message: null }),
  ];
  for (const thrown of hostile) t.ok(across(thrown) instanceof Error);
});

t.test('properties that cannot be copied are left out; the rest of the error arrives', async (t) => {
  const error = across(Object.assign(new TypeError('x'), { handler: () => 1 }));
  t.match(error, { name: 'TypeError', message: 'x' });
  t.notOk('handler' in error);
});

t.test('a property called __proto__ does not change what the error is', async (t) => {
  const thrown = Object.defineProperty(new Error('x'), '__proto__', { value: { evil: 1 }, enumerable: true });
  const error = across(thrown);
  t.ok(error instanceof Error);
  t.notOk('evil' in error);
});

t.test('a long or endless chain of causes is cut', async (t) => {
  let long = new Error('0');
  for (let depth = 1; depth < 10_000; depth += 1) long = new Error(`${depth}`, { cause: long });
  const endless = new Error('endless');
  endless.cause = endless;
  for (const thrown of [long, endless]) {
    let length = 0;
    for (let error: unknown = across(thrown); error instanceof Error && length < 100; error = error.cause) length += 1;
    t.ok(length >= 2 && length <= 20, `${length} of them arrive`);
  }
});
