import { join } from 'node:path';
import t, { type Test } from 'tap';
import { chunkKey, generationPrefix, numberedKey, recordKey } from '../../storage/keys.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { create } from '../storage/contract.ts';
import { flip, replace } from '../storage/level-disk.ts';
import { testFolder } from '../test-folder.ts';
import { drowse } from './drowse.ts';

async function openStore(t: Test): Promise<{ directory: string; store: LevelStore }> {
  const directory = join(testFolder(t), 'data');
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

t.test('a lost message is named, and a snapshot that can be undone is', async (t) => {
  const { directory, store } = await openStore(t);
  const stop = replace(t, 'keys', () => () => {
    throw new Error('no sweeps');
  });
  const number = store.messages.nextNumber();
  await store.messages.write([{ kind: 'tell', agentId: 'chat/bob', told: { number, at: 0, body: new Uint8Array() } }]);
  await (await store.open('chat/ada')).journal.snapshot(4, new Uint8Array());
  await store.close();
  stop();
  await flip(directory, numberedKey('inbox', 'chat/bob', number));
  await flip(directory, chunkKey(generationPrefix('chat/ada', 2), 1));
  await flip(directory, recordKey(generationPrefix('chat/ada', 1), 4));
  const { stdout } = await drowse(['doctor', '--store', directory]);
  t.same(stdout.split('\n'), [
    'chat/ada: its snapshot chunk 1 is missing or fails its checksum; in what came before that, its record 4 is missing or fails its checksum. Last good sequence: 3. To be lost: 4 to 4. Left: --repair returns it to 3.',
    'chat/bob: its message 1 is missing or fails its checksum. Last good sequence: 1. Left: with --repair, 1 rows moved aside.',
    '2 agents. Findings: 2, left: 2.',
    '',
  ]);
  t.match(await drowse(['doctor', '--store', directory, '--repair']), {
    status: 0,
    stdout: /left: 0\. 4 rows lie aside/,
  });
});

t.test('a store that a host holds, or that is not there, is refused in one line', async (t) => {
  const { directory } = await openStore(t);
  const held = await drowse(['doctor', '--store', directory]);
  t.match(held, { status: 1, stdout: '', stderr: /^drowse: Another supervisor holds \S+: process \d+ \(.*\)\.\n$/ });
  const nowhere = await drowse(['doctor', '--store', `${directory}/none`]);
  t.match(nowhere, { status: 2, stderr: /There is no directory/ });
});
