import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Random } from '../runtime/random.ts';
import { SealedTokens } from './sealed-tokens.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) } as Random;
const key = randomBytes(32);
const tokens = new SealedTokens({ random }, key);

const iterator = fc.record(
  {
    streamUid: fc.nat(2 ** 31 - 1),
    shardIndex: fc.nat(2 ** 31 - 1),
    ordinal: fc.maxSafeNat(),
    issuedMs: fc.integer({ min: 0, max: 2 ** 45 }),
    account: fc.stringMatching(/^\d{12}$/),
    streamName: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/),
  },
  { noNullPrototype: true },
);

test('iterators read back, look like those of the service, and fit', () => {
  fc.assert(
    fc.property(iterator, (token) => {
      const text = tokens.sealIterator(token);
      assert.deepEqual(tokens.openIterator(text), token);
      assert.deepEqual(tokens.openIterator(`"${text}"`), token);
      assert.match(text, /^AAAAAAAAAA[E-H][A-Za-z0-9+/]*=*$/);
      assert.ok(text.length <= 512);
      const bytes = Buffer.from(text, 'base64').length;
      assert.equal(bytes, 152 + 16 * Math.floor((token.streamName.length + 2) / 16));
      // Another server with the same key understands it, one with another key does not.
      assert.deepEqual(new SealedTokens({ random }, key).openIterator(text), token);
      assert.equal(new SealedTokens({ random }, randomBytes(32)).openIterator(text), null);
    }),
  );
});

test('pages read back; one kind is not taken for the other', () => {
  const page = { operation: 'ListShards', issuedMs: 5, state: { after: 'é', list: [1, null] } };
  const text = tokens.sealPage(page);
  assert.deepEqual(tokens.openPage(text), page);
  assert.equal(tokens.openIterator(text), null);
  const token = {
    streamUid: 1,
    shardIndex: 0,
    ordinal: 1,
    issuedMs: 5,
    account: '000000000000',
    streamName: 's',
  };
  assert.equal(tokens.openPage(tokens.sealIterator(token)), null);
});

test('texts that were not handed out are refused', () => {
  const page = tokens.sealPage({ operation: 'x', issuedMs: 0, state: null });
  for (const text of [
    '',
    '"',
    '""',
    'abc',
    page.slice(0, -4),
    `${page}AAAA`,
    ` ${page}`,
    `${page}\n`,
  ]) {
    assert.equal(tokens.openPage(text), null, text);
    assert.equal(tokens.openIterator(text), null, text);
  }
  for (let i = 0; i < page.length; i++) {
    const changed = page.slice(0, i) + (page[i] === 'A' ? 'B' : 'A') + page.slice(i + 1);
    assert.equal(tokens.openPage(changed), null);
  }
});
