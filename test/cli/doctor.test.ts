import { join } from 'node:path';
import t, { type Test } from 'tap';
import { generationPrefix, recordKey } from '../../storage/keys.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { create } from '../storage/contract.ts';
import { flip } from '../storage/level-disk.ts';
import { drowse } from './drowse.ts';

async function openStore(t: Test): Promise<{ directory: string; store: LevelStore }> {
  const directory = join(t.testdir(), 'data');
  const store = await LevelStore.open({ directory, durability: 'os' });
  t.teardown(() => store.close());
  await create(store, 'chat/ada', 'born', 'two', 'three', 'four');
  await create(store, 'chat/bob', 'born');
  return { directory, store };
}

t.test('a healthy store is said to be, with status 0', async (t) => {
  const { directory, store } = await openStore(t);
  await store.close();
  t.match(await drowse(['doctor', '--store', directory]), { status: 0, stdout: '2 agents, healthy.\n', stderr: '' });
});

t.test(
  'damage is one line, with the agent and its last good sequence, and status 1 until it is repaired',
  async (t) => {
    const { directory, store } = await openStore(t);
    await store.close();
    await flip(directory, recordKey(generationPrefix('chat/ada', 1), 3));
    const found = await drowse(['doctor', '--store', directory]);
    t.equal(found.status, 1);
    t.same(found.stdout.split('\n'), [
      'chat/ada: its record 3 is missing or fails its checksum. Last good sequence: 2. To be lost: 3 to 4. Left: --repair returns it to 2.',
      '2 agents. Findings: 1, left: 1.',
      '',
    ]);
    const { status, stdout } = await drowse(['doctor', '--store', directory, '--repair', '--json']);
    t.equal(status, 0);
    t.match(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      [
        { agentId: 'chat/ada', lastGood: 2, lost: { from: 3, to: 4 }, repaired: true },
        { agents: 2, findings: 1, left: 0, aside: 2 },
      ],
    );
    const after = { status: 0, stdout: '2 agents, healthy. 2 rows lie aside from repairs.\n' };
    t.match(await drowse(['doctor', '--store', directory, '--repair']), after);
  },
);

t.test('a store that a host holds, or that is not there, is refused in one line', async (t) => {
  const { directory } = await openStore(t);
  const held = await drowse(['doctor', '--store', directory]);
  t.match(held, { status: 1, stdout: '', stderr: `drowse: Another supervisor holds ${directory}.\n` });
  const nowhere = await drowse(['doctor', '--store', `${directory}/none`]);
  t.match(nowhere, { status: 2, stderr: /There is no directory/ });
  t.match(await drowse(['doctor']), { status: 2, stderr: /--store/ });
});
