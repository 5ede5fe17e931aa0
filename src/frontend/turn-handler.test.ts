import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpReply, HttpRequest } from './exchange.ts';
import { TurnHandler } from './turn-handler.ts';

function setUp() {
  const soon: (() => void)[] = [];
  const clock = {
    nowMs: 0,
    monotonic: () => clock.nowMs,
    soon: (run: () => void) => soon.push(run),
  };
  const handled: string[] = [];
  const inner = {
    handle: (request: HttpRequest) => void handled.push(request.target),
    refuse: (request: HttpRequest) => void handled.push(`refused ${request.target}`),
  };
  const turns = new TurnHandler(clock, inner);
  const send = (target: string, bytes: number, work: { isDone: boolean } | null = null): void => {
    const body = new Uint8Array(bytes);
    turns.handle({ target, body, work } as HttpRequest, {} as HttpReply);
  };
  /** One turn of the event loop, in which other things take `ms`. */
  const turn = (ms = 0): void => {
    clock.nowMs += ms;
    for (const run of soon.splice(0)) run();
  };
  return { handled, turns, send, turn };
}

test('handles small requests at once', () => {
  const { handled, send } = setUp();
  for (let i = 0; i < 32; i++) send(String(i), 1500);
  assert.equal(handled.length, 32);
});

test('handles one large request a turn, in order, and small ones behind them', () => {
  const { handled, send, turn } = setUp();
  for (const target of ['a', 'b', 'c']) send(target, 700_000);
  send('d', 10);
  assert.deepEqual(handled, ['a']);
  turn();
  assert.deepEqual(handled, ['a', 'b']);
  send('e', 10);
  turn();
  assert.deepEqual(handled, ['a', 'b', 'c']);
  turn();
  assert.deepEqual(handled, ['a', 'b', 'c', 'd', 'e']);
  turn();
  send('f', 700_000);
  assert.equal(handled.at(-1), 'f');
});

test('refuses without delay', () => {
  const { handled, turns, send } = setUp();
  send('a', 700_000);
  turns.refuse({ target: 'b' } as HttpRequest, {} as HttpReply, 'overloaded');
  assert.deepEqual(handled, ['a', 'refused b']);
});

test('handles what is worked on elsewhere when that is done, before those that came earlier', () => {
  const { handled, send, turn } = setUp();
  const work = [false, true, false].map((isDone) => ({ isDone }));
  work.forEach((one, i) => send(`large ${i}`, 700_000, one));
  assert.deepEqual(handled, ['large 1']);
  send('small', 10);
  turn(1);
  assert.deepEqual(handled, ['large 1', 'small']);
  work[2]!.isDone = true;
  turn(1);
  assert.deepEqual(handled.slice(2), ['large 2']);
  turn(1);
  work[0]!.isDone = true;
  turn(1);
  assert.deepEqual(handled.slice(3), ['large 0']);
});

test('handles the oldest when there is nothing else to do', () => {
  const { handled, send, turn } = setUp();
  turn(1);
  for (const target of ['a', 'b']) send(target, 700_000, { isDone: false });
  turn(1);
  assert.deepEqual(handled, []);
  turn();
  assert.deepEqual(handled, ['a']);
  turn(1);
  assert.deepEqual(handled, ['a']);
  turn();
  assert.deepEqual(handled, ['a', 'b']);
});
