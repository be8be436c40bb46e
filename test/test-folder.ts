import type { Test } from 'tap';

/** A folder of the test's own, with what it is to hold; removed after all teardowns of the test. */
export function testFolder(t: Test, content?: Parameters<Test['testdir']>[0]): string {
  // By itself tap removes it before the teardowns, if the first of those is registered later.
  t.teardown(() => {});
  return t.testdir(content);
}
