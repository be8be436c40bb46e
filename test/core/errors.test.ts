import t from 'tap';
import { asError, DrowseError, ERROR_CODES, type ErrorCode } from '../../core/errors.ts';

t.test('an error knows from its code whether the call may be repeated', async (t) => {
  const retryable = Object.keys(ERROR_CODES).filter((code) => new DrowseError(code as ErrorCode, 'why').retryable);
  t.strictSame(retryable.sort(), [
    'ERR_DROWSE_AGENT_CRASHED',
    'ERR_DROWSE_AGENT_HUNG',
    'ERR_DROWSE_FENCED',
    'ERR_DROWSE_MAILBOX_FULL',
    'ERR_DROWSE_OVERLOADED',
    'ERR_DROWSE_STORE_FAILED',
    'ERR_DROWSE_STORE_LOCKED',
    'ERR_DROWSE_TIMEOUT',
    'ERR_DROWSE_TOOL_FAILED',
  ]);
});

t.test('every code has the common prefix and a sentence', async (t) => {
  for (const [code, { meaning }] of Object.entries(ERROR_CODES)) {
    t.match(code, /^ERR_DROWSE_[A-Z_]+$/);
    t.match(meaning, /^[A-Z`].*\.$/, code);
  }
});

t.test('an error is an Error with name, code and message', async (t) => {
  const error = new DrowseError('ERR_DROWSE_TIMEOUT', 'too late');
  t.ok(error instanceof Error);
  t.match(error, { name: 'DrowseError', code: 'ERR_DROWSE_TIMEOUT', message: 'too late' });
  t.match(error.stack, /too late/);
});

t.test('cause and agent id are there where they were given, and not elsewhere', async (t) => {
  const cause = new Error('behind it');
  const full = new DrowseError('ERR_DROWSE_TIMEOUT', 'too late', { cause, agentId: 'a/b' });
  t.equal(full.cause, cause);
  t.equal(full.agentId, 'a/b');
  const bare = new DrowseError('ERR_DROWSE_TIMEOUT', 'too late');
  t.notOk('cause' in bare);
  t.equal(bare.agentId, undefined);
});

t.test('whatever is thrown becomes an Error that says it', async (t) => {
  const error = new TypeError('as it is');
  t.equal(asError(error), error);
  for (const thrown of ['text', 7, null, undefined, Symbol('s')]) {
    t.match(asError(thrown), { message: String(thrown), cause: thrown });
  }
});

t.test('what cannot be turned into text becomes an Error, too', async (t) => {
  const refuses = {
    toString() {
      throw new Error('no');
    },
  };
  for (const thrown of [Object.create(null), refuses]) t.ok(asError(thrown) instanceof Error);
});
