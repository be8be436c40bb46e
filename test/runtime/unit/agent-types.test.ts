import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { AgentTypes } from '../../../runtime/agent-types.ts';
import type { SupervisorOptions } from '../../../runtime/index.ts';

const types = (agents: unknown) => new AgentTypes(agents as SupervisorOptions['agents']);
const INVALID = 'ERR_DROWSE_INVALID_OPTIONS';

t.test('with one type registered, a bare key is an agent of it', async (t) => {
  const only = types({ chat: 'chat.ts' });
  t.match(only.find('ada'), { id: { full: 'chat/ada', key: 'ada' }, type: { name: 'chat' } });
  t.match(only.find('chat/ada'), { id: { full: 'chat/ada' } });
});

t.test('with several registered, an id names its type', async (t) => {
  const several = types({ chat: 'chat.ts', tool: 'tool.ts' });
  t.match(several.find('tool/x/y'), { id: { full: 'tool/x/y', key: 'x/y' }, type: { name: 'tool' } });
  t.throws(() => several.find('ada'), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
});

t.test('a type that is not registered is named, with those that are', async (t) => {
  t.throws(() => types({ chat: 'chat.ts', tool: 'tool.ts' }).find('tools/x'), {
    code: 'ERR_DROWSE_UNKNOWN_TYPE',
    message: /"tools" is not registered; there are: chat, tool\./,
    agentId: 'tools/x',
  });
  for (const id of ['constructor/x', '__proto__/x', 'toString/x']) {
    t.throws(() => types({ chat: 'chat.ts' }).find(id), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
  }
  t.throws(() => types({ chat: 'chat.ts' }).find('chat/'), { code: 'ERR_DROWSE_INVALID_AGENT_ID' });
});

t.test(
  'a module is a path from the working directory, an absolute path, a file URL, or one of these in options',
  async (t) => {
    const moduleOf = (given: unknown) => types({ a: given }).find('a/x').type.module;
    const url = pathToFileURL(join(process.cwd(), 'odd name#1.ts'));
    t.equal(moduleOf('odd name#1.ts'), url.href);
    t.equal(moduleOf('./odd name#1.ts'), url.href);
    t.equal(moduleOf(join(process.cwd(), 'odd name#1.ts')), url.href);
    t.equal(moduleOf(url), url.href);
    t.equal(moduleOf(url.href), url.href);
    t.equal(moduleOf({ module: url }), url.href);
    t.equal(moduleOf({ module: 'odd name#1.ts' }), url.href);
  },
);

t.test('a worker sees the variables its type names, as far as they are set, and no others', async (t) => {
  process.env.DROWSE_TEST_ONE = '1';
  process.env.DROWSE_TEST_TWO = '2';
  t.teardown(() => {
    delete process.env.DROWSE_TEST_ONE;
    delete process.env.DROWSE_TEST_TWO;
  });
  const envOf = (env?: string[]) => types({ a: { module: 'a.ts', ...(env && { env }) } }).find('a/x').type.env;
  t.strictSame(envOf(['DROWSE_TEST_ONE', 'DROWSE_TEST_UNSET']), { DROWSE_TEST_ONE: '1' });
  t.strictSame(envOf([]), {});
  t.strictSame(envOf(), {});
});

t.test('an idle timeout is taken where it is given', async (t) => {
  t.equal(types({ a: { module: 'a.ts', idleTimeoutMs: 7 } }).find('a/x').type.idleTimeoutMs, 7);
  t.equal(types({ a: 'a.ts' }).find('a/x').type.idleTimeoutMs, undefined);
});

t.test('bad options of a type are refused by name', async (t) => {
  const cases: Array<[agents: unknown, message: RegExp]> = [
    [undefined, /agents must map/],
    [null, /agents must map/],
    ['a.ts', /agents must map/],
    [{}, /at least one type/],
    [{ '': 'a.ts' }, /type name "" is empty/],
    [{ 'a/b': 'a.ts' }, /type name "a\/b" .* slash/],
    [{ a: '' }, /agents\.a\.module must be/],
    [{ a: 5 }, /agents\.a must be/],
    [{ a: null }, /agents\.a must be/],
    [{ a: {} }, /agents\.a\.module must be/],
    [{ a: { module: 5 } }, /agents\.a\.module must be/],
    [{ a: { module: 'a.ts', idleTimeout: 5 } }, /agents\.a\.idleTimeout is not an option/],
    [{ a: { module: 'a.ts', idleTimeoutMs: 0 } }, /agents\.a\.idleTimeoutMs must be/],
    [{ a: { module: 'a.ts', env: 'PATH' } }, /agents\.a\.env must list/],
    [{ a: { module: 'a.ts', env: [5] } }, /agents\.a\.env must list/],
    [{ fine: 'a.ts', b: 5 }, /agents\.b must be/],
  ];
  for (const [agents, message] of cases) t.throws(() => types(agents), { code: INVALID, message });
});

t.test('a type name that no agent id could hold is an invalid option', async (t) => {
  for (const name of ['a\nb', '\ud83d', 'x'.repeat(600)]) t.throws(() => types({ [name]: 'a.ts' }), { code: INVALID });
});
