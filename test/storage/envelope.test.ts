import t from 'tap';
import { Damage, seal, sealNumber, unseal, unsealNumber } from '../../storage/envelope.ts';
import { bytes } from './contract.ts';

t.test('what was sealed is unsealed, for any length and any place', async (t) => {
  for (const payload of [bytes(''), bytes('x'), new Uint8Array(100_000).fill(7)]) {
    for (const place of [0, 1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
      t.strictSame(unseal(seal(payload, place), 'record', place), payload);
    }
  }
});

t.test('sealing copies the bytes', async (t) => {
  const payload = bytes('before');
  const sealed = seal(payload, 1);
  payload.fill(0);
  t.strictSame(unseal(sealed, 'record', 1), bytes('before'));
});

t.test('a flip of any bit is found', async (t) => {
  const sealed = seal(bytes('state'), 3);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const flipped = Buffer.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    t.throws(() => unseal(flipped, 'record', 3), Damage);
  }
});

t.test('a value that was cut short or is missing is found', async (t) => {
  const sealed = seal(bytes('state'), 3);
  for (let length = 0; length < sealed.length; length += 1) {
    t.throws(() => unseal(sealed.subarray(0, length), 'record', 3), Damage);
  }
  t.throws(() => unseal(undefined, 'record', 3), { message: 'its record 3 is missing' });
});

t.test('a value in the place of another one is found', async (t) => {
  t.throws(() => unseal(seal(bytes('state'), 4), 'record', 3), { message: /^its record 3 is missing or fails/ });
  t.throws(() => unseal(seal(bytes(''), 4), 'record', 3), Damage, 'an empty one, too');
});

t.test('a value of a version to come is named as such', async (t) => {
  const sealed = seal(bytes('state'), 0);
  sealed[0] = 2;
  t.throws(() => unseal(sealed, 'head', 0), { message: 'its head has the unknown version 2' });
});

t.test('numbers up to 48 bits are sealed, and other lengths are found', async (t) => {
  for (const number of [0, 1, 2 ** 32, 2 ** 48 - 1]) t.equal(unsealNumber(sealNumber(number), 'total'), number);
  t.throws(() => unsealNumber(seal(bytes('longer than six'), 0), 'total'), {
    message: 'its total has 15 bytes, not 6',
  });
});
