import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../runtime/sim/simulation.ts';
import type { HttpReply, HttpRequest } from './exchange.ts';
import { TurnHandler } from './turn-handler.ts';

function setUp() {
  const simulation = new Simulation(1);
  const clock = simulation.clock();
  const handled: string[] = [];
  const inner = {
    handle: (request: HttpRequest) => void handled.push(request.target),
    refuse: (request: HttpRequest) => void handled.push(`refused ${request.target}`),
  };
  const turns = new TurnHandler(clock, inner);
  const send = (target: string, bytes: number): void => {
    const body = new Uint8Array(bytes);
    turns.handle({ target, body } as HttpRequest, {} as HttpReply);
  };
  const turn = (): Promise<void> =>
    simulation.scheduler.drive(new Promise((resolve) => clock.soon(resolve)));
  return { handled, turns, send, turn };
}

test('handles small requests at once', () => {
  const { handled, send } = setUp();
  for (let i = 0; i < 32; i++) send(String(i), 1500);
  assert.equal(handled.length, 32);
});

test('handles one large request a turn, in order, and small ones behind them', async () => {
  const { handled, send, turn } = setUp();
  for (const target of ['a', 'b', 'c']) send(target, 700_000);
  send('d', 10);
  assert.deepEqual(handled, ['a']);
  await turn();
  assert.deepEqual(handled, ['a', 'b']);
  send('e', 10);
  await turn();
  assert.deepEqual(handled, ['a', 'b', 'c']);
  await turn();
  assert.deepEqual(handled, ['a', 'b', 'c', 'd', 'e']);
  await turn();
  send('f', 700_000);
  assert.equal(handled.at(-1), 'f');
});

test('refuses without delay', () => {
  const { handled, turns, send } = setUp();
  send('a', 700_000);
  turns.refuse({ target: 'b' } as HttpRequest, {} as HttpReply, 'overloaded');
  assert.deepEqual(handled, ['a', 'refused b']);
});
