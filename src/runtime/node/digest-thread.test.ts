import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { freshBuffers } from '../../common/buffer-pool.ts';
import type { PendingDigest } from '../body-buffers.ts';
import { DigestThread } from './digest-thread.ts';
import type { DigestThreadOptions } from './digest-thread.ts';

const options: DigestThreadOptions = {
  slots: 4,
  slotBytes: 64 * 1024,
  bytesMin: 1024,
  bodiesBefore: 0,
  // Long, so that a busy machine does not turn a digest of the thread into one of the caller.
  waitMs: 60_000,
};

const opened: DigestThread[] = [];
after(() => opened.forEach((digests) => digests.close()));

function open(change: Partial<DigestThreadOptions> = {}): DigestThread {
  const digests = new DigestThread(freshBuffers, { ...options, ...change });
  opened.push(digests);
  return digests;
}

/** A body of random bytes in a buffer of `digests`. */
function fill(digests: DigestThread, bytes: number): Uint8Array {
  const body = digests.take(bytes).subarray(0, bytes);
  body.set(randomBytes(bytes));
  return body;
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function takenHere(body: Uint8Array): PendingDigest {
  return { hex: () => sha256(body) };
}

function isShared(body: Uint8Array): boolean {
  return body.buffer instanceof SharedArrayBuffer;
}

/** Gives back the buffer that a body lies in. */
function give(digests: DigestThread, body: Uint8Array): void {
  digests.give(new Uint8Array(body.buffer, body.byteOffset, options.slotBytes));
}

test('digests are those of the bytes, slot after slot', async () => {
  const digests = open();
  // Until the thread has run and is known to have had its share.
  for (let round = 0; digests.taken.byThread < 100; round++) {
    const bodies = [1024, 5000, 64 * 1024, 33_333].map((bytes) => fill(digests, bytes));
    // None where the thread has more to do than it should.
    const pending = bodies.map((body) => digests.digest(body) ?? takenHere(body));
    if (round % 3 === 0) await turn();
    // In another order than they were begun.
    for (const i of [2, 0, 3, 1]) assert.equal(pending[i]!.hex(), sha256(bodies[i]!));
    for (const body of bodies) give(digests, body);
  }
});

test('what is too small, too large or too many is not shared', () => {
  const digests = open();
  assert.equal(isShared(fill(digests, 1023)), false);
  assert.equal(isShared(fill(digests, 64 * 1024 + 1)), false);
  const bodies = [1, 2, 3, 4].map(() => fill(digests, 2000));
  assert.ok(bodies.every(isShared));
  const fifth = fill(digests, 2000);
  assert.equal(isShared(fifth), false);
  assert.equal(digests.digest(fifth), null);
  give(digests, bodies[2]!);
  assert.equal(isShared(fill(digests, 2000)), true);
});

test('a body that is given back before its digest leaves the slot to the next', () => {
  const digests = open({ slots: 1 });
  for (let round = 0; round < 200; round++) {
    const dropped = fill(digests, 60_000);
    digests.digest(dropped);
    give(digests, dropped);
    const body = fill(digests, 30_000);
    // Null while the thread is at the dropped one still.
    const digest = digests.digest(body)?.hex() ?? sha256(body);
    assert.equal(digest, sha256(body));
    give(digests, body);
  }
});

test('a digest does not depend on the thread', () => {
  const digests = open({ waitMs: 1 });
  const body = fill(digests, 20_000);
  const pending = digests.digest(body);
  digests.close();
  assert.equal(pending?.hex(), sha256(body));
  assert.equal(isShared(fill(digests, 20_000)), false);
});

test('the thread comes with large bodies and goes without', () => {
  const digests = open({ bodiesBefore: 2 });
  const bodies = [1, 2].map(() => fill(digests, 2000));
  assert.equal(digests.isOn, false);
  const third = fill(digests, 2000);
  assert.equal(digests.isOn, true);
  digests.trim();
  assert.equal(digests.isOn, true);
  digests.trim();
  assert.equal(digests.isOn, false);
  // What was lent comes back late.
  for (const body of bodies) digests.give(body);
  give(digests, third);
  [1, 2, 3].forEach(() => fill(digests, 2000));
  assert.equal(digests.isOn, true);
});

test('slots that are abandoned make room for new memory', () => {
  const digests = open();
  for (let i = 0; i < 3; i++) digests.abandon(fill(digests, 2000));
  assert.equal(digests.isOn, false);
  assert.equal(isShared(fill(digests, 2000)), true);
});
