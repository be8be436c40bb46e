import t from 'tap';
import { GroupCommit } from '../../storage/group-commit.ts';

interface Write {
  readonly operations: readonly string[];
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/** A group commit whose writes the test settles itself. */
function setUp(maxBatchBytes?: number) {
  const writes: Write[] = [];
  const commits = new GroupCommit<string>((operations) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    writes.push({ operations, resolve, reject });
    return promise;
  }, maxBatchBytes);
  const settled: string[] = [];
  const commit = (name: string, bytes = 1) =>
    commits.commit([name], bytes).then(
      () => settled.push(name),
      (error: Error) => {
        settled.push(`${name} failed`);
        return error;
      },
    );
  return { commits, commit, settled, writes, write: (index: number) => writes[index] as Write };
}

t.test('an idle commit is handed to the write before the call returns', async (t) => {
  const { commit, write } = setUp();
  const committed = commit('a');
  t.same(write(0).operations, ['a']);
  write(0).resolve();
  await committed;
});

t.test('while one batch is written the next collects all commits, and only one is written at a time', async (t) => {
  const { commit, settled, write, writes } = setUp();
  const a = commit('a');
  const rest = [commit('b'), commit('c'), commit('d')];
  t.equal(writes.length, 1);
  write(0).resolve();
  await a;
  t.same(settled, ['a']);
  t.same(
    writes.map(({ operations }) => operations),
    [['a'], ['b', 'c', 'd']],
  );
  write(1).resolve();
  await Promise.all(rest);
  t.same(settled, ['a', 'b', 'c', 'd']);
  const last = commit('e');
  t.same(write(2).operations, ['e'], 'idle again');
  write(2).resolve();
  await last;
});

t.test('a batch takes no more than its bytes, and a larger commit goes alone without being split', async (t) => {
  const { commits, commit, writes, write } = setUp(10);
  const done = [commit('first'), commit('b', 6), commit('c', 4), commit('d', 1)];
  done.push(
    commits.commit(['large', 'and whole'], 50).then(() => 0),
    commit('e', 10),
  );
  for (let index = 0; index < 5; index += 1) {
    write(index).resolve();
    await done[[0, 1, 3, 4, 5][index] as number];
  }
  await Promise.all(done);
  t.same(
    writes.map(({ operations }) => operations),
    [['first'], ['b', 'c'], ['d'], ['large', 'and whole'], ['e']],
  );
});

t.test('a failed write rejects its batch and all that was collected behind it', async (t) => {
  const { commit, settled, write, writes } = setUp(2);
  const done = ['a', 'b', 'c', 'd', 'e'].map((name) => commit(name));
  const cause = new Error('disk full');
  write(0).reject(cause);
  const [first, second] = (await Promise.all(done)) as Error[];
  t.match(first, { code: 'ERR_DROWSE_STORE_FAILED', message: /outcome is unknown: disk full/, cause });
  t.match(second, { code: 'ERR_DROWSE_STORE_FAILED', message: /Nothing was written/, cause });
  t.same(settled, ['a failed', 'b failed', 'c failed', 'd failed', 'e failed']);
  t.equal(writes.length, 1);
  const next = commit('f');
  write(1).resolve();
  await next;
  t.equal(settled.at(-1), 'f', 'the next one starts afresh');
});

t.test('a write that throws fails like one that rejects', async (t) => {
  const commits = new GroupCommit<string>(() => {
    throw new Error('broken');
  });
  await t.rejects(commits.commit(['a'], 1), { code: 'ERR_DROWSE_STORE_FAILED' });
  await t.rejects(commits.commit(['b'], 1), { code: 'ERR_DROWSE_STORE_FAILED' });
});

t.test('close waits for the commits taken and refuses later ones', async (t) => {
  const { commits, commit, settled, write } = setUp();
  const done = [commit('a'), commit('b')];
  const closed = commits.close().then(() => settled.push('closed'));
  await t.rejects(commits.commit(['late'], 1), { code: 'ERR_DROWSE_CLOSED' });
  write(0).resolve();
  await done[0];
  write(1).resolve();
  await closed;
  t.same(settled, ['a', 'b', 'closed']);
  t.equal(commits.closed, true);
});
