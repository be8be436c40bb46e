/** What ended an isolate whose event loop was blocked. */
export class Hung extends Error {
  override readonly name = 'Hung';

  constructor(blockedMs: number, where: string) {
    super(`its event loop was blocked for ${Math.round(blockedMs)} ms, ${where}`);
  }
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
}

interface ProfileNode {
  readonly id: number;
  readonly hitCount: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** Our own code in the thread. */
const OURS = new URL('../../workers/', import.meta.url).href;

/** The agent's calls that a CPU profile found running most of the time, the innermost first. */
export function hottestCalls(profile: Profile): string[] {
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  let hottest: ProfileNode | undefined;
  for (const node of profile.nodes) if (node.hitCount > (hottest?.hitCount ?? 0)) hottest = node;
  const calls: string[] = [];
  for (let node = hottest; node; node = parents.get(node.id)) {
    const { functionName, url, lineNumber } = node.callFrame;
    if (url === '' || url.startsWith('node:') || url.startsWith(OURS)) continue;
    calls.push(`${functionName || '(anonymous)'} (${url}:${lineNumber + 1})`);
  }
  return calls;
}
