import { readFileSync } from 'node:fs';
import t from 'tap';
import { DrowseError, ERROR_CODES, type ErrorCode } from '../../runtime/index.ts';
import { AgentFailure, describeError, Refusal } from '../../server/errors.ts';

t.test('every code of drowse has a status that fits it, and its error is told whole', async (t) => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const { status, body } = describeError(new DrowseError(code, 'text', { agentId: 'chat/ada' }));
    const { retryable } = ERROR_CODES[code];
    t.ok(status >= 400 && status < 600, `${code} is ${status}`);
    t.same(body, { error: { code, name: 'DrowseError', message: 'text', retryable, agentId: 'chat/ada' } });
  }
});

t.test('issues are told with the error that has them', async (t) => {
  const issues = [{ message: 'no number', path: ['amount'] }];
  const { body } = describeError(new DrowseError('ERR_DROWSE_INVALID_MESSAGE', 'text', { issues }));
  t.same(body.error.issues, issues);
});

t.test('what the server refuses carries a code of its own and is not retryable', async (t) => {
  const { status, body } = describeError(new Refusal('NOT_FOUND', 'nothing here'));
  t.equal(status, 404);
  t.same(body, { error: { code: 'NOT_FOUND', name: 'Refusal', message: 'nothing here', retryable: false } });
});

t.test("an agent's own error keeps its name and text; an unexpected one of the host is not told", async (t) => {
  const own = describeError(new AgentFailure(new RangeError('too many'), 'chat/ada'));
  t.equal(own.status, 500);
  t.match(own.body.error, { code: 'AGENT_ERROR', name: 'RangeError', message: 'too many', agentId: 'chat/ada' });
  const unexpected = describeError(new Error('/secret/path'));
  t.equal(unexpected.status, 500);
  t.equal(unexpected.body.error.code, 'INTERNAL_ERROR');
  t.notMatch(JSON.stringify(unexpected.body), /secret/);
});

t.test('docs/http.md gives every code its status', async (t) => {
  const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');
  const documented = new Map<string, number>();
  for (const [, status, codes = ''] of page.matchAll(/^\| (\d{3}) \| (.*) \|$/gm)) {
    for (const [, code = ''] of codes.matchAll(/`(\w+)`/g)) documented.set(code, Number(status));
  }
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    t.equal(documented.get(code), describeError(new DrowseError(code, '')).status, code);
  }
});
