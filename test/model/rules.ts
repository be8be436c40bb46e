// What must be true of every run. Each rule returns what contradicts it.
import { isDeepStrictEqual } from 'node:util';
import type { ModelReply, ModelState } from '../fixtures/model-agent.ts';
import type { Call, Moment } from './history.ts';
import { AGENTS, MAX_ATTEMPTS } from './program.ts';
import { firstOf, type Node, type World } from './world.ts';

/** What was acknowledged is there once, what is unknown at most once, and nothing else: in the state, or as a dead letter. */
export function noneIsLostOrDoubled(world: World): string[] {
  return messages(world, 'send', 'tell').flatMap((node) => {
    const expected = world.expected(node);
    const count = world.places(node).length + (world.letter(node) ? 1 : 0);
    const right = count === 1 ? expected !== 'no' : count === 0 && expected !== 'yes';
    return right ? [] : [`${show(node)}: expected ${expected}, found ${count} times`];
  });
}

/** An agent has processed only what was meant for it. */
export function eachComesFromTheProgram(world: World): string[] {
  return AGENTS.flatMap((agent) =>
    world
      .log(agent)
      .filter(({ token }) => world.nodes.get(token)?.agent !== agent && !(agent === 'a' && HOOK.test(token)))
      .map(({ token }) => `${agent} has processed ${token}`),
  );
}

/** Sends of one client, tells of one client, and tells of one agent are processed in their order. */
export function orderIsKept(world: World): string[] {
  return AGENTS.flatMap((agent) => {
    const last = new Map<string, Place>();
    return world.log(agent).flatMap(({ token }) => {
      const node = world.nodes.get(token);
      const place = node && placeOf(world, node);
      if (node === undefined || place === undefined) return [];
      const from = node.parent ? `tells of ${node.parent.agent}` : `${node.kind}s of the client`;
      const before = last.get(from) ?? [0, 0];
      last.set(from, place);
      const right = before[0] < place[0] || (before[0] === place[0] && before[1] < place[1]);
      return right ? [] : [`${agent} has processed ${token} too late among the ${from}`];
    });
  });
}

/** Of a turn, both of its entries are there and the page it wrote, unless a later one wrote another. */
export function turnsAreWhole(world: World): string[] {
  return sightings(world).flatMap(({ state: { birth, begun, done, page } }) => {
    const tokens = begun.map(({ token }) => token);
    const pages = tokens.flatMap((token) => {
      const grows = world.nodes.get(token)?.message.acts.filter((act) => act.do === 'grow') ?? [];
      return grows.map(({ bytes }) => ({ token, text: token.padEnd(bytes, '.') }));
    });
    const whole = isDeepStrictEqual(tokens, done) && isDeepStrictEqual(page, pages.at(-1) ?? { token: '', text: '' });
    return whole ? [] : [`the state ${birth} holds half a turn: ${tokens} / ${done} / page of ${page.token}`];
  });
}

/** A reply says where the token stands, and whoever looks at the agent later finds it there. */
export function repliesAreTrue(world: World): string[] {
  const seen = sightings(world);
  const replies = repliesOf(world).flatMap(({ call, reply: { birth, token, index } }) => {
    const later = seen.filter(({ state }) => state.birth === birth);
    const denied = later.some(({ called, state }) =>
      state.begun.length > index ? state.begun[index]?.token !== token : called > call.returned,
    );
    const stands = call.called < world.born(call.agent) || world.state(call.agent)?.birth === birth;
    return token === call.message?.token && stands && !denied ? [] : [`the reply to ${token}, ${index} of ${birth}`];
  });
  const looks = seen.flatMap(({ state }) =>
    seen
      .filter((other) => other.state.birth === state.birth && other.state.done.length >= state.done.length)
      .filter((other) => !isDeepStrictEqual(other.state.begun.slice(0, state.begun.length), state.begun))
      .map(() => `the state ${state.birth} was rewritten`),
  );
  return [...replies, ...looks];
}

/** A call is refused for what its turn does, for a delete that met it, or for its key; else never. */
export function refusalsHaveReasons({ run: { calls } }: World): string[] {
  return calls.flatMap(({ do: kind, agent, message, key, called, returned, outcome }) => {
    if (outcome.kind !== 'refused') return [];
    const deleted = calls.some(
      (other) => other.do === 'delete' && other.agent === agent && other.called > called && other.called < returned,
    );
    const reasons = [
      ...(kind === 'send' && message?.fail ? [FAILURES[message.fail.how]] : []),
      ...((kind === 'send' || kind === 'look') && deleted ? ['ERR_DROWSE_ABORTED'] : []),
      ...(key !== undefined ? [MISMATCH] : []),
    ];
    return reasons.includes(outcome.code) ? [] : [`${kind} ${message?.token ?? ''} to ${agent}: ${outcome.code}`];
  });
}

/**
 * The turn of a durable message is tried until it commits, or MAX_ATTEMPTS times, a kill costing one at most; one that a delete
 * ended is no attempt, and shows where the host was killed before the delete took place. That of a send is tried once a call; that of what was never told begins never.
 */
export function attemptsAreCounted(world: World): string[] {
  return [...world.nodes.values()].flatMap((node) => {
    const begun = world.begun(node);
    const kills = world.kills(node);
    const letter = world.letter(node);
    const failures = node.message.fail?.times ?? 0;
    const wrong = (text: string) => [`${show(node)}: ${text}; ${begun} turns began, ${kills} kills`];
    if (node.parent && world.given(node) === 'no' && begun > 0) return wrong('was never told');
    if (node.kind === 'send') return begun <= node.former + node.calls.length ? [] : wrong('was tried again');
    if (node.set && 'every' in node.set.when) return [];
    if (letter) {
      const due = failures + kills >= MAX_ATTEMPTS && letter.attempts.length === MAX_ATTEMPTS;
      const fair = kills === 0 ? begun === MAX_ATTEMPTS : begun <= MAX_ATTEMPTS + world.spared(node);
      return due && fair ? [] : wrong(`was given up after ${JSON.stringify(letter.attempts)}`);
    }
    if (world.places(node).length === 0) return [];
    const fair = failures < MAX_ATTEMPTS && begun > failures && begun <= failures + 1 + kills + node.former;
    return fair ? [] : wrong('was processed');
  });
}

/** One key, one message, one reply; another message under it is refused. */
export function keysHold(world: World): string[] {
  const keyed = world.run.calls.filter(({ key, message }) => key !== undefined && message);
  return keyed.flatMap((call) => {
    const era = world.born(call.agent, call.called);
    const others = keyed.filter(
      ({ agent, key, called }) => agent === call.agent && key === call.key && world.born(agent, called) === era,
    );
    const rivals = others.filter(({ message }) => message?.token !== call.message?.token);
    const { outcome } = call;
    const wrong = (text: string) => [`${call.do} ${call.message?.token} to ${call.agent} under ${call.key}: ${text}`];
    if (outcome.kind === 'refused') {
      if (outcome.code === MISMATCH && !rivals.some((other) => mayHold(other, call.called)))
        return wrong('is no rival');
      const twin = others.find(
        ({ message, outcome, returned }) =>
          message?.token === call.message?.token && outcome.kind === 'ok' && returned < call.called,
      );
      return twin ? wrong('was accepted before') : [];
    }
    if (!holds(world, call)) return [];
    if (rivals.some((other) => holds(world, other))) return wrong('is one of two');
    const replies = others.flatMap(({ outcome, message }) =>
      outcome.kind === 'ok' && message?.token === call.message?.token ? [outcome.reply] : [],
    );
    return replies.every((reply) => isDeepStrictEqual(reply, replies[0])) ? [] : wrong('has two replies');
  });
}

/** An alarm rings once for each of its times, not before it, and not once it is cancelled or replaced. */
export function alarmsRing(world: World): string[] {
  return AGENTS.flatMap((agent) => {
    const set = new Map<string, { node: Node; at: number; rung: number }>();
    const wrong: string[] = [];
    for (const { token, at } of world.log(agent)) {
      const node = world.nodes.get(token);
      if (node?.set) {
        const alarm = set.get(node.set.name);
        if (alarm?.node !== node) wrong.push(`${show(node)}: rang and was not set`);
        else {
          alarm.rung += 1;
          const { when } = node.set;
          if (at < alarm.at + ('every' in when ? when.every * alarm.rung : when.inMs))
            wrong.push(`${show(node)}: rang early`);
          if (!('every' in when)) set.delete(node.set.name);
        }
      }
      for (const [nth, act] of node?.message.acts.entries() ?? []) {
        if (act.do === 'cancel') set.delete(act.name);
        if (act.do === 'alarm') set.set(act.name, { node: world.nodes.get(`${token}.${nth}`) as Node, at, rung: 0 });
      }
    }
    const waiting = world.run.agents[agent]?.inbox.alarms.map(({ name }) => name) ?? [];
    const due = [...set].filter(([, { node }]) => !world.letter(node)).map(([name]) => name);
    if (!isDeepStrictEqual(waiting.sort(), due.sort())) wrong.push(`${agent} waits for ${waiting} and not for ${due}`);
    return wrong;
  });
}

/** A dead alarm was set. It is the only trace of its turn, but where it repeats: then the other times of it go on. */
export function deadAlarmsWereSet(world: World): string[] {
  return messages(world, 'alarm')
    .filter((node) => world.letter(node))
    .filter((node) => {
      const repeats = node.set !== undefined && 'every' in node.set.when;
      return world.places(node.parent as Node).length !== 1 || (!repeats && world.places(node).length > 0);
    })
    .map((node) => `${show(node)}: is dead`);
}

/** What `activate` and `passivate` told is told as often as they ran, as far as that is in the state. */
export function hooksAreKept(world: World): string[] {
  const state = world.state('b');
  const letters = world.run.letters.map(({ message }) => (message as { token: string }).token);
  const told = [...world.log('a').map(({ token }) => token), ...letters].filter((token) => HOOK.test(token));
  const counts = { wake: state?.wakes ?? 0, sleep: state?.sleeps ?? 0 };
  const due = Object.entries(counts).flatMap(([what, count]) =>
    Array.from({ length: count }, (_, n) => `${what} ${n + 1} of ${state?.birth}`),
  );
  const lost = world.born('a') > 0 ? [] : due.filter((token) => !told.includes(token));
  const doubled = told.filter((token, n) => told.indexOf(token) !== n);
  const strange = told.filter(
    (token) => !due.includes(token) && (world.born('b') === 0 || token.endsWith(state?.birth ?? '-')),
  );
  return [
    ...lost.map((token) => `${token} is lost`),
    ...doubled.map((token) => `${token} is doubled`),
    ...strange.map((token) => `${token} is rolled back`),
  ];
}

/** A delete says that an agent existed where somebody had a reply of it. */
export function deletesAreTrue(world: World): string[] {
  const replied = repliesOf(world);
  return world.run.calls
    .filter(({ do: kind, outcome }) => kind === 'delete' && outcome.kind === 'ok' && outcome.reply === false)
    .filter(({ agent, called }) =>
      replied.some(
        ({ call }) => call.agent === agent && call.returned < called && call.called > world.born(agent, called),
      ),
    )
    .map(({ agent, called }) => `the delete of ${agent} at ${called} found nobody`);
}

type Place = readonly [first: number, second: number];

const HOOK = /^(wake|sleep) \d+ of /;
const MISMATCH = 'ERR_DROWSE_IDEMPOTENCY_MISMATCH';
const FAILURES = { throw: 'ModelError', crash: 'ERR_DROWSE_AGENT_CRASHED' };

function messages(world: World, ...kinds: Node['kind'][]): Node[] {
  return [...world.nodes.values()].filter(({ kind }) => kinds.includes(kind));
}

/** Where a message stands among those of the same origin; undefined where that is not known. */
function placeOf(world: World, { parent, nth, calls, kind }: Node): Place | undefined {
  if (kind === 'alarm') return undefined;
  if (parent === undefined) return calls.length === 1 ? [firstOf(calls), 0] : undefined;
  const [place] = world.places(parent);
  return place === undefined ? undefined : [place + 1, nth];
}

/** Every state that was seen, and by when it was asked for. */
function sightings({ run }: World): { called: Moment; state: ModelState }[] {
  const looks = run.calls.flatMap(({ do: kind, called, outcome }) =>
    kind === 'look' && outcome.kind === 'ok' ? [{ called, state: outcome.reply as ModelState }] : [],
  );
  const last = Object.values(run.agents).flatMap((info) => info?.state ?? []);
  return [...looks, ...last.map((state) => ({ called: Number.POSITIVE_INFINITY, state }))];
}

function repliesOf({ run }: World): { call: Call; reply: ModelReply }[] {
  return run.calls.flatMap((call) =>
    call.do === 'send' && call.outcome.kind === 'ok' ? [{ call, reply: call.outcome.reply as ModelReply }] : [],
  );
}

/** Whether a call has its key for sure. */
function holds(world: World, call: Call): boolean {
  const node = world.nodes.get(call.message?.token ?? '') as Node;
  const found = node.calls.includes(call) && (world.places(node).length > 0 || world.letter(node) !== undefined);
  return call.outcome.kind === 'ok' || found;
}

/** Whether a call may have its key by then, or be about to. */
function mayHold({ called, returned, outcome }: Call, by: Moment): boolean {
  return called < by && (outcome.kind !== 'refused' || returned > by);
}

function show({ kind, message, agent }: Node): string {
  return `${kind} ${message.token} to ${agent}`;
}
