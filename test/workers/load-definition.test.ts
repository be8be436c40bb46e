import t from 'tap';
import { loadDefinition } from '../../workers/load-definition.ts';

const BAD = 'ERR_DROWSE_BAD_AGENT_MODULE';
const broken = (name: string) => new URL(`../fixtures/broken/${name}.js`, import.meta.url).href;

t.test('a definition is loaded as it is', async (t) => {
  const definition = await loadDefinition(new URL('../fixtures/sleepy.ts', import.meta.url).href);
  t.equal(definition.idleTimeoutMs, 8_000);
  t.same(definition.initialState('a/b'), { wakes: 0, sleeps: 0 });
});

const CASES: Record<string, RegExp> = {
  missing: /cannot be loaded: .*missing\.js/,
  syntax: /cannot be loaded: .*Unexpected token/,
  throws: /cannot be loaded: thrown on import/,
  rejects: /cannot be loaded: rejected on import/,
  'throws-nothing': /cannot be loaded/,
  'no-default': /no agent as its default export/,
  'default-is-function': /no agent as its default export/,
  'default-is-null': /no agent as its default export/,
  'no-receive': /no receive\(\)/,
  'no-initial-state': /no initialState\(\)/,
  'idle-timeout-nan': /has idleTimeoutMs NaN/,
  'message-no-schema': /has a message that is no Standard Schema/,
  'version-zero': /has version 0, not a whole number from 1/,
  'version-text': /has version 2, not a whole number from 1/,
  'version-fraction': /has version 1\.5, not a whole number from 1/,
};

for (const [name, message] of Object.entries(CASES)) {
  t.test(`the broken module "${name}" is refused, naming it and what is wrong`, async (t) => {
    const module = broken(name);
    await t.rejects(loadDefinition(module), { code: BAD, message });
    const error = await loadDefinition(module).catch((thrown: Error) => thrown);
    t.ok(error instanceof Error && error.message.startsWith(`Agent module ${module} `));
  });
}

t.test('what the module threw is the cause', async (t) => {
  await t.rejects(loadDefinition(broken('throws')), { cause: { message: 'thrown on import' } });
});
