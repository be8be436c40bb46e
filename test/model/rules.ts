// What must be true of what clients are answered, and of every state they see.
import { isDeepStrictEqual } from 'node:util';
import type { ModelReply, ModelState } from '../fixtures/model-agent.ts';
import type { Call, Moment, Run } from './history.ts';
import type { Lives } from './lives.ts';
import type { Message } from './program.ts';

const MISMATCH = 'ERR_DROWSE_IDEMPOTENCY_MISMATCH';
const FAILURES = { throw: 'ModelError', crash: 'ERR_DROWSE_AGENT_CRASHED' };

/** Of a turn, both of its entries are there and the page it wrote, unless a later one wrote another. */
export function turnsAreWhole(run: Run): string[] {
  const messages = new Map(run.calls.flatMap(({ message }) => (message ? all(message) : [])));
  return sightings(run).flatMap(({ state: { birth, begun, done, page } }) => {
    const tokens = begun.map(({ token }) => token);
    const pages = tokens.flatMap((token) => {
      const grows = messages.get(token)?.acts.filter((act) => act.do === 'grow') ?? [];
      return grows.map(({ bytes }) => ({ token, text: token.padEnd(bytes, '.') }));
    });
    const whole = isDeepStrictEqual(tokens, done) && isDeepStrictEqual(page, pages.at(-1) ?? { token: '', text: '' });
    return whole ? [] : [`the state ${birth} holds half a turn: ${tokens} / ${done} / page of ${page.token}`];
  });
}

/** A reply says where the token stands, and whoever looks at the agent later finds it there. */
export function repliesAreTrue(run: Run, lives: Lives): string[] {
  const seen = sightings(run);
  const replies = repliesOf(run).flatMap(({ call, reply: { birth, token, index } }) => {
    const denied = seen.some(
      ({ called, state }) =>
        state.birth === birth &&
        (state.begun.length > index ? state.begun[index]?.token !== token : called > call.returned),
    );
    const stands = call.called < lives.born(call.agent) || run.agents[call.agent]?.state?.birth === birth;
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
export function refusalsHaveReasons({ calls }: Run): string[] {
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

/** A send is tried once a call, whatever comes of it. */
export function sendsAreTriedOnce({ calls, begun }: Run): string[] {
  const sends = Map.groupBy(calls, ({ do: kind, message }) => (kind === 'send' ? message?.token : undefined));
  return [...sends]
    .filter(([token, { length }]) => token !== undefined && (begun.get(token) ?? 0) > length)
    .map(([token]) => `${token} was tried again`);
}

/** One key, one message, one reply; another message under it is refused. */
export function keysHold(run: Run, lives: Lives): string[] {
  const keyed = run.calls.filter(({ key }) => key !== undefined);
  return keyed.flatMap((call) => {
    const { agent, key, message, called, outcome } = call;
    const isOfLife = (other: Call) => lives.born(agent, other.called) === lives.born(agent, called);
    const all = keyed.filter((other) => other.agent === agent && other.key === key && isOfLife(other));
    const rivals = all.filter((other) => other.message?.token !== message?.token);
    const twins = all.filter((other) => other.message?.token === message?.token && other.outcome.kind === 'ok');
    const wrong = (text: string) => [`${call.do} ${message?.token} to ${agent} under ${key}: ${text}`];
    if (outcome.kind === 'refused') {
      const isAlone = !rivals.some((other) => mayHold(other, called));
      if (outcome.code === MISMATCH && isAlone) return wrong('there is no other');
      return twins.some(({ returned }) => returned < called) ? wrong('was accepted before') : [];
    }
    if (!holds(run, lives, call)) return [];
    if (rivals.some((other) => holds(run, lives, other))) return wrong('is one of two');
    const [first, ...others] = twins.map(({ outcome }) => outcome.kind === 'ok' && outcome.reply);
    return others.every((reply) => isDeepStrictEqual(reply, first)) ? [] : wrong('has two replies');
  });
}

/** A delete says that an agent existed where somebody had a reply of it. */
export function deletesAreTrue(run: Run, lives: Lives): string[] {
  return run.calls
    .filter(({ do: kind, outcome }) => kind === 'delete' && outcome.kind === 'ok' && outcome.reply === false)
    .filter(({ agent, called }) =>
      repliesOf(run).some(
        ({ call }) => call.agent === agent && call.returned < called && call.called > lives.born(agent, called),
      ),
    )
    .map(({ agent, called }) => `the delete of ${agent} at ${called} found nobody`);
}

/** A message and all that may follow from it. */
function all(message: Message): [token: string, Message][] {
  return [[message.token, message], ...message.acts.flatMap((act) => ('message' in act ? all(act.message) : []))];
}

/** Every state that was seen, and by when it was asked for. */
function sightings(run: Run): { called: Moment; state: ModelState }[] {
  const looks = run.calls.flatMap(({ do: kind, called, outcome }) =>
    kind === 'look' && outcome.kind === 'ok' ? [{ called, state: outcome.reply as ModelState }] : [],
  );
  const last = Object.values(run.agents).flatMap((info) => info?.state ?? []);
  return [...looks, ...last.map((state) => ({ called: Number.POSITIVE_INFINITY, state }))];
}

function repliesOf(run: Run): { call: Call; reply: ModelReply }[] {
  return run.calls.flatMap((call) =>
    call.do === 'send' && call.outcome.kind === 'ok' ? [{ call, reply: call.outcome.reply as ModelReply }] : [],
  );
}

/** Whether a call has its key for sure. */
function holds(run: Run, lives: Lives, { agent, message, called, outcome }: Call): boolean {
  const tokens = [
    ...(run.agents[agent]?.state?.begun ?? []),
    ...run.letters.map((letter) => letter.message as Message),
  ];
  const found = called > lives.born(agent) && tokens.some(({ token }) => token === message?.token);
  return outcome.kind === 'ok' || found;
}

/** Whether a call may have its key by then, or be about to. */
function mayHold({ called, returned, outcome }: Call, by: Moment): boolean {
  return called < by && (outcome.kind !== 'refused' || returned > by);
}
