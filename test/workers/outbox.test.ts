import t from 'tap';
import { decode } from '../../core/codec.ts';
import type { AlarmTime } from '../../workers/define-agent.ts';
import { freshName, Outbox } from '../../workers/outbox.ts';
import type { Effects } from '../../workers/protocol.ts';

const open = (types: readonly string[] = ['chat', 'log']) => new Outbox({ types, maxMessageBytes: 100 });

/** What an outbox hands out, its messages decoded. */
function contents(outbox: Outbox) {
  const { tells = [], alarms = [] } = outbox.effects ?? {};
  return {
    tells: tells.map(({ to, body }) => [to, decode(body)]),
    alarms: alarms.map((order) => ('when' in order ? [order.name, order.when, decode(order.body)] : [order.name])),
  };
}

t.test('a turn that tells and sets nothing has no effects', async (t) => {
  t.equal(open().effects, undefined);
});

t.test('tells and alarms are handed out in the order of their calls, each as it was at its call', async (t) => {
  const outbox = open();
  const message = { n: 1 };
  outbox.tell('chat/a', message);
  message.n = 2;
  outbox.tell('log/b', message);
  outbox.alarm(5, message, 'x');
  outbox.cancelAlarm('x');
  outbox.alarm({ every: 10 }, 'y', 'x');
  t.same(contents(outbox), {
    tells: [
      ['chat/a', { n: 1 }],
      ['log/b', { n: 2 }],
    ],
    alarms: [['x', { inMs: 5 }, { n: 2 }], ['x'], ['x', { every: 10 }, 'y']],
  });
});

t.test('what was carried over comes before what is new', async (t) => {
  const [before, after] = [open(), open()];
  before.tell('chat/a', 1);
  before.cancelAlarm('x');
  after.tell('chat/a', 2);
  after.alarm(1, 2, 'x');
  after.carry(before.effects as Effects);
  t.same(contents(after), {
    tells: [
      ['chat/a', 1],
      ['chat/a', 2],
    ],
    alarms: [['x'], ['x', { inMs: 1 }, 2]],
  });
});

t.test('a bare key is told where there is one type, and refused where there are several', async (t) => {
  const outbox = open(['chat']);
  outbox.tell('a', 1);
  t.same(contents(outbox).tells, [['chat/a', 1]]);
  t.throws(() => open().tell('a', 1), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
});

t.test('a refused tell throws, names what is wrong, and tells nothing', async (t) => {
  const outbox = open();
  t.throws(() => outbox.tell('nobody/a', 1), { code: 'ERR_DROWSE_UNKNOWN_TYPE', message: /"nobody".*chat, log/ });
  t.throws(() => outbox.tell('chat/', 1), { code: 'ERR_DROWSE_INVALID_AGENT_ID' });
  t.throws(() => outbox.tell('chat/a', { f() {} }), { code: 'ERR_DROWSE_NOT_SERIALIZABLE', message: /^message\.f / });
  t.throws(() => outbox.tell('chat/a', 'x'.repeat(200)), {
    code: 'ERR_DROWSE_MESSAGE_TOO_LARGE',
    message: /maxMessageMb/,
  });
  t.throws(() => outbox.alarm(1, 'x'.repeat(200), 'x'), { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE' });
  t.equal(outbox.effects, undefined);
});

t.test('an alarm takes a date, a delay, an interval or a cron expression', async (t) => {
  const whens: Array<[time: AlarmTime, when: object]> = [
    [new Date(5), { at: 5 }],
    [new Date(0), { at: 0 }],
    [0, { inMs: 0 }],
    [1.5, { inMs: 1.5 }],
    [{ every: 1 }, { every: 1 }],
    [{ cron: '0 9 * * 1' }, { cron: '0 9 * * 1' }],
    [
      { cron: '@daily', timezone: 'Asia/Tokyo' },
      { cron: '@daily', timezone: 'Asia/Tokyo' },
    ],
  ];
  for (const [time, when] of whens) {
    const outbox = open();
    t.equal(outbox.alarm(time, 'm', 'x'), 'x');
    t.strictSame(contents(outbox).alarms, [['x', when, 'm']]);
  }
});

t.test('what is no time, or never comes, is refused in words that name it', async (t) => {
  const bad: Array<[time: unknown, named: RegExp]> = [
    [-1, /delay.*-1/],
    [Number.NaN, /delay.*NaN/],
    [Number.POSITIVE_INFINITY, /delay.*Infinity/],
    [200 * 365 * 24 * 3_600_000, /delay/],
    [new Date('never'), /date.*NaN/],
    [new Date(8.64e15), /date/],
    [{ every: 0 }, /interval.*0/],
    [{ every: '5' }, /interval.*5/],
    [{ cron: 'sometimes' }, /"sometimes" is no cron expression/],
    [{ cron: '0 0 30 2 *' }, /names no time to come/],
    [{ cron: '0 * * * *', timezone: 'Mars/Olympus' }, /no cron expression/],
    [{ cron: 5 }, /cron/],
    [{}, /takes a Date/],
    [null, /takes a Date/],
    [undefined, /takes a Date/],
    ['5', /takes a Date/],
    [5n, /takes a Date/],
  ];
  const outbox = open();
  for (const [time, message] of bad) {
    t.throws(() => outbox.alarm(time as AlarmTime, 'm', 'x'), { code: 'ERR_DROWSE_INVALID_OPTIONS', message });
  }
  t.equal(outbox.effects, undefined);
});

t.test('what is no name is refused, of an alarm and of its cancelling', async (t) => {
  const outbox = open();
  for (const name of ['', 'a\0b', 'a\nb', '\ud800', 'é'.repeat(257), 5, null]) {
    const refused = { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /name of an alarm/ };
    t.throws(() => outbox.alarm(1, 'm', name as string), refused);
    t.throws(() => outbox.cancelAlarm(name as string), refused);
  }
  t.equal(outbox.effects, undefined);
  outbox.cancelAlarm('é'.repeat(256));
});

t.test('fresh names are names, and no two are the same', async (t) => {
  const names = Array.from({ length: 1_000 }, freshName);
  t.equal(new Set(names).size, names.length);
  for (const name of names.slice(0, 10)) open().alarm(1, 'm', name);
});
