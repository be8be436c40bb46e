import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const agents = { greeter: { module: fixture('bundled/agent'), bundle: true } };

interface Answer {
  says: string;
  text: string;
  count: number;
  commander: string;
  loadedFrom: string;
}

t.test(
  'workers load a module with all that it imports in one file, which finds what lay beside the module',
  async (t) => {
    const host = await openHost(t, { agents, spares: 1 });
    const answer = await host.send<Answer>('a', 'Tom');
    t.match(answer, { says: 'hello, Tom', text: 'what lies beside it', count: 1, commander: 'Tom' });
    const [, file = ''] = /\(?file:\/\/(\S+\.mjs):\d+/.exec(answer.loadedFrom) ?? [];
    const code = readFileSync(file, 'utf8');
    t.ok(/Command\d? = class/.test(code), 'what it imports is in it');
    t.match(code, /hello/);
    await eventually('a spare is ready', () => host.stats().workers.spares === 1);
    const other = await host.send<Answer>('b', 'Jerry');
    t.equal(other.says, 'hello, Jerry');
    t.equal(other.loadedFrom, answer.loadedFrom, 'a spare has the same');
    await host.passivate('a');
    t.equal((await host.send<Answer>('a', 'Tom')).count, 2);
  },
);

t.test('one that cannot be bundled is told as a bad module, and tried again the next time', async (t) => {
  const module = `${testFolder(t, { 'agent.js': "import './nowhere.js';" })}/agent.js`;
  const host = await openHost(t, { directory: `${module}-data`, agents: { broken: { module, bundle: true } } });
  const refusal = { code: 'ERR_DROWSE_BAD_AGENT_MODULE', message: /cannot be bundled: .*nowhere/s };
  await t.rejects(host.send('a', 1), refusal);
  await t.rejects(host.send('a', 1), refusal);
});

t.test('permissions name files, of which a bundle is none', async (t) => {
  const module = fixture('bundled/agent');
  const bad = (type: object) => openHost(t, { agents: { bad: { module, ...type } } });
  const isolation = 'process' as const;
  await t.rejects(bad({ isolation, bundle: true, permissions: {} }), {
    code: 'ERR_DROWSE_INVALID_OPTIONS',
    message: /agents.bad.bundle/,
  });
  await t.rejects(bad({ bundle: 'yes' }), { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /agents.bad.bundle must be/ });
});
