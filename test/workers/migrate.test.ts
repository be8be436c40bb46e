import t from 'tap';
import type { AgentDefinition } from '../../workers/define-agent.ts';
import { migrate } from '../../workers/migrate.ts';

function definition(version: number, steps: AgentDefinition['migrate']): AgentDefinition {
  return { version, initialState: () => 0, receive: () => 0, ...(steps && { migrate: steps }) };
}

const FAILED = 'ERR_DROWSE_MIGRATION_FAILED';

t.test('a state climbs one version at a time, through steps that may be asynchronous', async (t) => {
  const code = definition(4, {
    2: (old) => [...old, 2],
    3: async (old) => [...old, 3],
    4: (old) => [...old, 4],
  });
  t.strictSame(await migrate({ version: 1, state: [1] }, code), [1, 2, 3, 4]);
  t.strictSame(await migrate({ version: 3, state: [] }, code), [4]);
});

t.test('a step that is missing is named', async (t) => {
  const code = definition(3, { 2: (old) => old });
  await t.rejects(migrate({ version: 1, state: 0 }, code), { code: FAILED, message: /no migrate\[3\] .* version 2/ });
  await t.rejects(migrate({ version: 1, state: 0 }, definition(2, undefined)), { code: FAILED });
});

t.test('a step that throws is named, with what it threw as the cause', async (t) => {
  const cause = new RangeError('cannot');
  const throws = () => {
    throw cause;
  };
  for (const step of [throws, () => Promise.reject(cause)]) {
    await t.rejects(migrate({ version: 1, state: 0 }, definition(2, { 2: step })), {
      code: FAILED,
      message: /migrate\[2\] threw: cannot/,
      cause,
    });
  }
});

t.test('a step that throws what has no text fails the same way', async (t) => {
  const step = () => Promise.reject(Object.create(null));
  await t.rejects(migrate({ version: 1, state: 0 }, definition(2, { 2: step })), { code: FAILED });
});

t.test('a state that is newer than the code is refused, not touched', async (t) => {
  const step = () => t.fail('no step may run');
  await t.rejects(migrate({ version: 3, state: 0 }, definition(2, { 2: step, 3: step })), {
    code: FAILED,
    message: /version 3, the code 2/,
  });
});
