import t from 'tap';
import { parseAgentId } from '../../core/agent-id.ts';

const INVALID = { name: 'DrowseError', code: 'ERR_DROWSE_INVALID_AGENT_ID' };

t.test('the type ends at the first slash, and the key may hold more of them', async (t) => {
  t.same(parseAgentId('chat/ada'), { full: 'chat/ada', type: 'chat', key: 'ada' });
  t.same(parseAgentId('chat/ada/2024/x'), { full: 'chat/ada/2024/x', type: 'chat', key: 'ada/2024/x' });
  t.same(parseAgentId('chat/ada', 'other'), { full: 'chat/ada', type: 'chat', key: 'ada' });
});

t.test('a bare key belongs to the only type, and to none where there are several', async (t) => {
  t.same(parseAgentId('ada', 'chat'), { full: 'chat/ada', type: 'chat', key: 'ada' });
  t.throws(() => parseAgentId('ada'), { code: 'ERR_DROWSE_UNKNOWN_TYPE', message: /"ada" names no type/ });
});

t.test('letters of any script, spaces and emoji are allowed', async (t) => {
  for (const key of ['Ada Lovelace', 'アダ', '👩‍💻', 'a:b@c?d=e#f', '..', '%00']) {
    t.equal(parseAgentId(`chat/${key}`).key, key);
  }
});

t.test('the limit of 512 counts bytes of UTF-8 of the full id', async (t) => {
  const fits = `chat/${'é'.repeat(253)}a`;
  t.equal(Buffer.byteLength(fits), 512);
  t.equal(parseAgentId(fits).full, fits);
  t.throws(() => parseAgentId(`${fits}a`), { ...INVALID, message: /513 bytes of UTF-8; at most 512/ });
  t.throws(() => parseAgentId(`chat/${'👩'.repeat(127)}`), INVALID, '513 bytes, though half as many characters');
});

t.test('the type of a bare key counts towards the limit', async (t) => {
  t.equal(parseAgentId('k'.repeat(507), 'chat').full.length, 512);
  t.throws(() => parseAgentId('k'.repeat(508), 'chat'), INVALID);
});

t.test('control characters are refused: C0, DEL and C1', async (t) => {
  for (const code of [0x00, 0x09, 0x0a, 0x1f, 0x7f, 0x80, 0x85, 0x9f]) {
    const id = `chat/a${String.fromCharCode(code)}b`;
    t.throws(() => parseAgentId(id), { ...INVALID, message: /control character/ }, `U+${code.toString(16)}`);
  }
  for (const code of [0x20, 0x7e, 0xa0]) t.ok(parseAgentId(`chat/a${String.fromCharCode(code)}b`));
});

t.test('lone surrogates are refused: they have no UTF-8 form', async (t) => {
  for (const id of ['chat/\ud83d', 'chat/\udc69x', '\ud83d/x']) {
    t.throws(() => parseAgentId(id), { ...INVALID, message: /lone surrogate/ });
  }
});

t.test('empty parts are refused', async (t) => {
  for (const id of ['', '/', '/ada', 'chat/', 'chat//ada', 'chat/ada/', 'chat/a//b']) {
    t.throws(() => parseAgentId(id, 'chat'), INVALID, JSON.stringify(id));
  }
});

t.test('what is no string is refused and named', async (t) => {
  for (const id of [undefined, null, 7, true, {}, ['chat/ada'], Symbol('s'), () => 'chat/ada']) {
    t.throws(() => parseAgentId(id as string, 'chat'), {
      ...INVALID,
      message: new RegExp(`is ${typeof id}, not a string`),
    });
  }
});

t.test('a long id is cut in the error', async (t) => {
  t.throws(() => parseAgentId(`chat/${'x'.repeat(10_000)}`), { message: /^.{1,200}$/ });
});
