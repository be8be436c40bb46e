import type { Call, Run } from './history.ts';
import { Lives } from './lives.ts';
import { replay } from './replay.ts';
import * as rules from './rules.ts';

/** What is wrong with a run, under the assumption about its deletes that explains most of it. */
export function contradictions(run: Run): string[] {
  const open = run.calls.filter((call) => call.do === 'delete' && call.outcome.kind === 'unknown');
  const assumptions = open.reduce((all, call) => all.flatMap((took) => [took, [...took, call]]), [[]] as Call[][]);
  const found = assumptions.map((took) => {
    const lives = new Lives(run, took);
    return [replay, ...Object.values(rules)].flatMap((rule) => rule(run, lives).map((text) => `${rule.name}: ${text}`));
  });
  const least = found.reduce((best, other) => (other.length < best.length ? other : best));
  return [...run.findings.map((finding) => `the doctor finds ${finding}`), ...least];
}
