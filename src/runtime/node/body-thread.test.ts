import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { freshBuffers } from '../../common/buffer-pool.ts';
import type { BodyHeaders, BodyWork, KernelResult } from '../body-buffers.ts';
import { BodyBorrower } from '../shown-bodies.ts';
import type { ShownBodies } from '../shown-bodies.ts';
import { BodyThread } from './body-thread.ts';
import type { BodyThreadOptions } from './body-thread.ts';
import { turningKernels } from './turning-kernels.suite.ts';

const SLOT_BYTES = 64 * 1024;

const opened: BodyThread[] = [];
after(() => opened.forEach((thread) => thread.close()));

function open(change: Partial<BodyThreadOptions> = {}): BodyThread {
  const thread = new BodyThread(freshBuffers, {
    entry: new URL('./body-thread-program.suite.js', import.meta.url),
    kernels: turningKernels,
    wayOf: (headers) => (headers['decode'] === undefined ? -1 : Number(headers['decode'])),
    digests: true,
    show: () => false,
    slots: 4,
    slotBytes: SLOT_BYTES,
    bytesMin: 1024,
    bodiesBefore: 0,
    // Long, so that a busy machine does not turn work of the thread into work of the caller.
    waitMs: 60_000,
    ...change,
  });
  opened.push(thread);
  return thread;
}

const WAY = 3;
const decoded: BodyHeaders = { decode: String(WAY) };

/** A body of random bytes in a buffer of `thread`. */
function fill(thread: BodyThread, length: number, first = 7): Uint8Array {
  const body = thread.take(length).subarray(0, length);
  body.set(randomBytes(length));
  body[0] = first;
  return body;
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function isShared(body: Uint8Array): boolean {
  return body.buffer instanceof SharedArrayBuffer;
}

/** Gives back the buffer that a body lies in. */
function give(thread: BodyThread, body: Uint8Array): void {
  thread.give(new Uint8Array(body.buffer, body.byteOffset, SLOT_BYTES));
}

/** Asks for all work on a body; what the thread has done must be right. */
function check(work: BodyWork | null, body: Uint8Array): void {
  if (work === null) return;
  const target = work.decoded();
  if (target !== null) {
    assert.equal(target.words[0], body.length);
    const turned = body.map((byte) => byte + WAY).reverse();
    assert.deepEqual(target.bytes.slice(0, body.length), turned);
    // Whatever lies alike within a word, and what does not.
    const starts = Uint32Array.of(1, 500, 20);
    const ends = Uint32Array.of(9, 777, 21);
    const to = new Uint8Array(300);
    target.gather(starts, ends, 0, 3, to, 5);
    const pieces = [turned.subarray(1, 9), turned.subarray(500, 777), turned.subarray(20, 21)];
    assert.deepEqual(Buffer.from(to.subarray(5, 5 + 286)), Buffer.concat(pieces));
  }
  assert.equal(work.digest(), sha256(body));
}

test('what the thread makes is of the right bytes, slot after slot', async () => {
  const thread = open();
  // Until the thread has run and is known to have had its share.
  for (let round = 0; thread.counts.byThread < 200; round++) {
    const bodies = [1024, 5000, 64 * 1024, 33_333].map((bytes) => fill(thread, bytes));
    const works = bodies.map((body) => thread.begin(body, decoded));
    if (round % 3 === 0) await turn();
    // In another order than they were begun.
    for (const i of [2, 0, 3, 1]) check(works[i]!, bodies[i]!);
    for (const body of bodies) give(thread, body);
  }
});

test('work gets done without being asked for', async () => {
  const thread = open();
  const body = fill(thread, 60_000);
  const work = thread.begin(body, decoded)!;
  while (!work.isDone) await turn();
  const before = thread.counts.byThread;
  check(work, body);
  assert.equal(thread.counts.byThread, before + 2);
});

test('only what is asked for is done, and what the kernel refuses is not', async () => {
  const thread = open({ digests: false });
  for (const [headers, first, expected] of [
    [decoded, 0, null],
    [decoded, 1, null],
    [{}, 7, null],
  ] as const) {
    const body = fill(thread, 3000, first);
    const work = thread.begin(body, headers);
    await turn();
    assert.equal(work?.decoded() ?? null, expected);
    assert.equal(work?.digest() ?? sha256(body), sha256(body));
    give(thread, body);
  }
});

test('what is too small, too large or too many is not shared', () => {
  const thread = open();
  assert.equal(isShared(fill(thread, 1023)), false);
  assert.equal(isShared(fill(thread, SLOT_BYTES + 1)), false);
  const bodies = [1, 2, 3, 4].map(() => fill(thread, 2000));
  assert.ok(bodies.every(isShared));
  const fifth = fill(thread, 2000);
  assert.equal(isShared(fifth), false);
  assert.equal(thread.begin(fifth, decoded), null);
  give(thread, bodies[2]!);
  assert.equal(isShared(fill(thread, 2000)), true);
});

test('bodies for which there is nothing to do are not shared', () => {
  const thread = open({ digests: false });
  const first = fill(thread, 2000);
  thread.begin(first, {});
  assert.ok(isShared(first));
  const second = fill(thread, 2000);
  assert.ok(!isShared(second));
  assert.equal(thread.begin(second, {}), null);
  assert.ok(!isShared(fill(thread, 2000)));
  assert.equal(thread.begin(fill(thread, 2000), decoded), null);
  assert.ok(isShared(fill(thread, 2000)));
});

test('a body that is given back before its work is done leaves the slot to the next', () => {
  const thread = open({ slots: 1 });
  for (let round = 0; round < 200; round++) {
    const dropped = fill(thread, 60_000);
    thread.begin(dropped, decoded);
    give(thread, dropped);
    const body = fill(thread, 30_000);
    // No work while the thread is at the dropped one still.
    check(thread.begin(body, decoded), body);
    give(thread, body);
  }
});

test('nothing depends on the thread', () => {
  const thread = open({ waitMs: 1 });
  const body = fill(thread, 20_000);
  const work = thread.begin(body, decoded);
  thread.close();
  assert.equal(work?.digest(), sha256(body));
  assert.equal(isShared(fill(thread, 20_000)), false);
});

test('the thread comes with large bodies and goes without', () => {
  const thread = open({ bodiesBefore: 2 });
  const bodies = [1, 2].map(() => fill(thread, 2000));
  assert.equal(thread.isOn, false);
  const third = fill(thread, 2000);
  assert.equal(thread.isOn, true);
  thread.trim();
  assert.equal(thread.isOn, true);
  thread.trim();
  assert.equal(thread.isOn, false);
  // What was lent comes back late.
  for (const body of bodies) thread.give(body);
  give(thread, third);
  [1, 2, 3].forEach(() => fill(thread, 2000));
  assert.equal(thread.isOn, true);
});

test('slots that are abandoned make room for new memory', () => {
  const thread = open();
  for (let i = 0; i < 3; i++) thread.abandon(fill(thread, 2000));
  assert.equal(thread.isOn, false);
  assert.equal(isShared(fill(thread, 2000)), true);
});

test('without a thread bodies are decoded where they lie, and nobody waits', () => {
  const thread = open({ entry: null, digests: false });
  for (const bytes of [1024, 5000, SLOT_BYTES]) {
    const body = fill(thread, bytes);
    assert.ok(isShared(body));
    const work = thread.begin(body, decoded)!;
    assert.ok(work.isDone);
    check(work, body);
    give(thread, body);
  }
});

/** Bodies that somebody sees, and that somebody. */
function shown(change: Partial<BodyThreadOptions> = {}): {
  thread: BodyThread;
  borrower: BodyBorrower;
} {
  const borrower = new BodyBorrower(turningKernels);
  const show = (bodies: ShownBodies | null): boolean => {
    borrower.see(bodies === null ? null : structuredClone(bodies));
    return true;
  };
  return { thread: open({ entry: null, digests: false, show, ...change }), borrower };
}

/** A body with what was made of it. */
function made(thread: BodyThread): { body: Uint8Array; target: KernelResult } {
  const body = fill(thread, 3000);
  return { body, target: thread.begin(body, decoded)!.decoded()! };
}

test('what is lent is read where it lies, and given back once', () => {
  const { thread, borrower } = shown();
  const { body, target } = made(thread);
  const loan = thread.lend(target.bytes)!;
  assert.equal(thread.lend(target.bytes), null);
  const borrowed = borrower.borrow(loan)!;
  assert.equal(borrower.borrow(loan), null);
  assert.deepEqual(borrowed.bytes.slice(0, 3000), target.bytes.slice(0, 3000));
  assert.equal(borrowed.words[0], 3000);
  const pieces = new Uint8Array(6);
  borrowed.gather(Uint32Array.of(9, 3), Uint32Array.of(11, 7), 0, 2, pieces, 0);
  const turned = [9, 10, 3, 4, 5, 6].map((at) => target.bytes[at]!);
  assert.deepEqual([...pieces], turned);
  borrowed.giveBack();
  borrowed.giveBack();
  assert.equal(borrower.borrow(loan), null);
  const again = thread.lend(target.bytes)!;
  assert.notDeepEqual(again, loan);
  assert.equal(thread.lend(target.bytes.subarray(1)), null);
  assert.equal(thread.lend(new Uint8Array(10)), null);
  give(thread, body);
});

test('a loan that was not taken is void once the body is gone', () => {
  const { thread, borrower } = shown({ slots: 1 });
  const first = made(thread);
  const loan = thread.lend(first.target.bytes)!;
  give(thread, first.body);
  const second = made(thread);
  assert.ok(isShared(second.body));
  assert.notEqual(thread.lend(second.target.bytes), null);
  assert.equal(borrower.borrow(loan), null);
});

test('what was taken and not given back stays as it is', () => {
  const { thread, borrower } = shown({ slots: 2 });
  const { body, target } = made(thread);
  const borrowed = borrower.borrow(thread.lend(target.bytes)!)!;
  const before = borrowed.bytes.slice();
  give(thread, body);
  for (let i = 0; i < 4; i++) give(thread, made(thread).body);
  assert.deepEqual(borrowed.bytes, before);
});

test('memory that is gone is not seen any more', () => {
  const { thread, borrower } = shown();
  const { target } = made(thread);
  const loan = thread.lend(target.bytes)!;
  thread.close();
  assert.equal(thread.lend(target.bytes), null);
  assert.equal(borrower.borrow(loan), null);
});
