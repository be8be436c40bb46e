import { isDeepStrictEqual } from 'node:util';
import type { DeadLetter } from 'drowse';
import type { Call, Run } from './history.ts';
import type { Lives } from './lives.ts';
import { type Given, Model } from './model.ts';
import { AGENTS, type AgentName, MAX_ATTEMPTS, type Message } from './program.ts';

const HOOK = /^(wake|sleep) \d+ of /;

/** Has the model do what was called for and what the agents' logs show; returns what it cannot do, and what it has left. */
export function replay(run: Run, lives: Lives): string[] {
  const logs = AGENTS.map((agent) => ({ agent, rest: [...(run.agents[agent]?.state?.begun ?? [])] }));
  let letters = run.letters.map((letter) => ({ ...letter, agent: agentOf(letter), token: tokenOf(letter) }));
  const seen = new Set([...logs.flatMap(({ rest }) => rest), ...letters].map(({ token }) => token));
  const mayBeGone = ({ token, fail }: Message) => !seen.has(token) && begun(run, token) > (fail?.times ?? 0);
  const model = new Model((agent) => lives.born(agent), mayBeGone);
  for (const [agent, given] of [...called(run, lives), ...hooked(run, lives, seen)]) model.give(agent, given);

  const wrong: string[] = [];
  const bury = (): boolean => {
    const left = letters.filter((letter) => {
      const dead = model.bury(letter.agent, letter.token);
      if (dead && !isFair(run, lives, letter.agent, dead, letter))
        wrong.push(`${letter.token} was given up too early, or late`);
      return !dead;
    });
    const some = left.length < letters.length;
    letters = left;
    return some;
  };
  // What an agent can do, it can do later as well: the order among agents is of no account.
  for (let moved = true; moved; ) {
    moved = false;
    for (const { agent, rest } of logs) {
      // At once, before what came behind it is taken: of what may have been deleted, that would say that it was.
      moved = bury() || moved;
      const given = rest[0] && model.commit(agent, rest[0].token, rest[0].at);
      if (!given) continue;
      if (!isFair(run, lives, agent, given)) wrong.push(`${given.message.token} was tried too often, or too little`);
      rest.shift();
      moved = true;
    }
  }
  return [
    ...wrong,
    ...logs.flatMap(({ agent, rest: [next] }) => (next ? [`${agent} processed ${next.token} when it was not to`] : [])),
    ...letters.map(({ token }) => `${token} was given up and did not wait`),
    ...AGENTS.flatMap((agent) => remaining(run, agent, model)),
    ...[...run.begun.keys()]
      .filter((token) => token.includes('.') && !model.given.has(token))
      .map((token) => `${token} began and was never told`),
  ];
}

/** What the clients called for, as far as an agent may have it. */
function called(run: Run, lives: Lives): [AgentName, Given][] {
  const calls = run.calls.filter((call): call is Call & { message: Message } => call.message !== undefined);
  return [...Map.groupBy(calls, ({ message }) => message.token).values()].flatMap((all) => {
    const { agent, message, do: kind } = all[0] as (typeof all)[0];
    const recent = all.filter((call) => call.called > lives.born(agent));
    const may = (recent.length > 0 ? recent : all).filter((call) => lives.mayHaveGiven(call));
    const ok = may.filter(({ outcome }) => outcome.kind === 'ok');
    if (may[0] === undefined) return [];
    const since = may[0].called;
    const given: Given = {
      message,
      sure: ok.length > 0,
      ...(all.length === 1 && { origin: `${kind}s of the client` }),
      since,
      until: since,
      ...(kind === 'send' && ok.length > 0 && { answered: Math.min(...ok.map(({ returned }) => returned)) }),
    };
    return [[agent, given]];
  });
}

/** What `activate` and `passivate` of b told a: as often as its state says; and by a former b, as often as it is seen. */
function hooked(run: Run, lives: Lives, seen: ReadonlySet<string>): [AgentName, Given][] {
  const { wakes = 0, sleeps = 0, birth = 'none' } = run.agents.b?.state ?? {};
  const told = (token: string, sure: boolean): [AgentName, Given] => [
    'a',
    { message: { token, acts: [] }, sure, since: 0, until: Number.POSITIVE_INFINITY },
  ];
  const times = (what: string, count: number) =>
    Array.from({ length: count }, (_, n) => told(`${what} ${n + 1} of ${birth}`, true));
  const former = [...seen].filter((token) => HOOK.test(token) && !token.endsWith(birth) && lives.born('b') > 0);
  return [...times('wake', wakes), ...times('sleep', sleeps), ...former.map((token) => told(token, false))];
}

/**
 * Whether the turn of a durable message began as often as it should: until it committed, or MAX_ATTEMPTS times. A kill costs
 * an attempt at most; a turn that a delete ended is none, and shows where the host was killed before that took place.
 */
function isFair(run: Run, lives: Lives, agent: AgentName, { message, since, when }: Given, letter?: DeadLetter) {
  const calls = run.calls.filter((call) => call.message?.token === message.token);
  const times = begun(run, message.token);
  if (calls[0]?.do === 'send' || (when && 'every' in when)) return true;
  const failures = message.fail?.times ?? 0;
  const kills = run.kills.filter((kill) => kill > since).length;
  if (letter) {
    const most = MAX_ATTEMPTS + (kills > 0 ? lives.spared(agent, since).length : 0);
    const least = kills > 0 ? 0 : MAX_ATTEMPTS;
    return (
      failures + kills >= MAX_ATTEMPTS && letter.attempts.length === MAX_ATTEMPTS && times >= least && times <= most
    );
  }
  const former = calls.filter((call) => call.called < since).length;
  return failures < MAX_ATTEMPTS && times > failures && times <= failures + 1 + kills + former;
}

/** What the model has left for an agent, and should not. */
function remaining(run: Run, agent: AgentName, model: Model): string[] {
  const lost = [...model.waiting[agent].values()].filter(({ sure }) => sure);
  const due = [...model.alarms[agent].keys()].sort();
  const waiting = (run.agents[agent]?.inbox.alarms ?? []).map(({ name }) => name).sort();
  return [
    ...lost.map(({ message }) => `${message.token} to ${agent} is lost`),
    ...(isDeepStrictEqual(due, waiting) ? [] : [`${agent} waits for the alarms ${waiting} and not for ${due}`]),
  ];
}

function begun(run: Run, token: string): number {
  return run.begun.get(token) ?? 0;
}

function agentOf({ agentId }: DeadLetter): AgentName {
  return agentId.slice('model/'.length) as AgentName;
}

function tokenOf({ message }: DeadLetter): string {
  return (message as Message).token;
}
