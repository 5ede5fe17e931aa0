import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { ClientError } from './client-error.ts';
import { TransportError } from './http-transport.ts';
import { KinesisClient } from './kinesis-client.ts';
import type { Answer, Asked } from './scripted-transport.suite.ts';
import { refusal, ScriptedTransport, ServiceAnswer } from './scripted-transport.suite.ts';

function clientFor(answer: (asked: Asked, number: number) => Answer): {
  client: KinesisClient;
  transport: ScriptedTransport;
  simulation: Simulation;
} {
  const simulation = new Simulation(1);
  const transport = new ScriptedTransport(answer);
  const client = new KinesisClient(
    { transport, clock: simulation.clock(), random: new SimRandom(1) },
    {
      host: '127.0.0.1:4567',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
      attemptsMax: 4,
      timeoutMs: 1_000,
    },
  );
  return { client, transport, simulation };
}

test('a call is signed for the operation, the region and the time of the clock', async () => {
  const { client, transport } = clientFor(() => ({ StreamNames: ['a'], HasMoreStreams: false }));
  const answer = await client.call('ListStreams', {});
  assert.deepEqual(answer.StreamNames, ['a']);
  const { headers, body } = transport.asked[0]!.request;
  assert.equal(body, '{}');
  assert.equal(headers['Content-Type'], 'application/x-amz-json-1.1');
  assert.equal(headers['X-Amz-Target'], 'Kinesis_20131202.ListStreams');
  assert.equal(headers['X-Amz-Date'], '20260101T000000Z');
  assert.equal(headers['X-Amz-Security-Token'], 'token');
  assert.equal(headers['Host'], '127.0.0.1:4567');
  const authorization = headers['Authorization'] ?? '';
  const scope = 'AKID/20260101/eu-west-1/kinesis/aws4_request';
  assert.ok(authorization.startsWith(`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=`));
  assert.match(authorization, /;x-amz-date;.*x-amz-target, Signature=[0-9a-f]{64}$/);
});

const retried: readonly (readonly [string, Answer])[] = [
  ['a throttled put', refusal('ProvisionedThroughputExceededException', 'Rate exceeded.')],
  ['a call rate', refusal('LimitExceededException', 'Rate exceeded for account 1.')],
  ['a server fault', refusal('InternalFailure', '', 500)],
  ['a fault of a proxy', new ServiceAnswer(503, {})],
  ['too many requests', new ServiceAnswer(429, {})],
  ['a broken connection', new TransportError('broken', 'socket hang up')],
  ['no answer in time', new TransportError('timeout', 'no answer')],
];
for (const [what, failure] of retried) {
  test(`${what} is tried again, later each time, and not for ever`, async () => {
    const once = clientFor((_, number) => (number === 0 ? failure : { Tags: [] }));
    await once.simulation.scheduler.drive(
      once.client.call('ListTagsForStream', { StreamName: 's' }),
    );
    assert.equal(once.transport.asked.length, 2);

    const always = clientFor(() => failure);
    const call = always.client.call('ListTagsForStream', { StreamName: 's' });
    await always.simulation.scheduler.drive(assert.rejects(call));
    assert.equal(always.transport.asked.length, 4);
    // Pauses of at least half of 100, 200 and 400 ms, at most all of them.
    const waited = always.simulation.scheduler.nowMs;
    assert.ok(waited >= 350 && waited <= 700, `waited ${waited} ms`);
  });
}

const final: readonly (readonly [string, Answer])[] = [
  ['a missing stream', refusal('ResourceNotFoundException', 'no')],
  ['a quota', refusal('LimitExceededException', 'This request would exceed the shard limit')],
  ['a refused connection', new TransportError('refused', 'connect ECONNREFUSED')],
];
for (const [what, failure] of final) {
  test(`${what} is final`, async () => {
    const { client, transport } = clientFor(() => failure);
    await assert.rejects(client.call('ListTagsForStream', { StreamName: 's' }));
    assert.equal(transport.asked.length, 1);
  });
}

test('errors carry code, text and status, wherever the code stands', async () => {
  const bodies: readonly (readonly [ServiceAnswer, string, string])[] = [
    [refusal('com.amazon#Some:Error', 'why'), 'Some', 'why'],
    [new ServiceAnswer(400, { code: 'Other', Message: 'Why' }), 'Other', 'Why'],
    [new ServiceAnswer(400, {}, { 'x-amzn-errortype': 'Third' }), 'Third', ''],
    [new ServiceAnswer(404, []), 'HTTP 404', ''],
  ];
  for (const [answer, code, text] of bodies) {
    const { client } = clientFor(() => answer);
    await assert.rejects(client.call('DescribeLimits', {}), (error) => {
      assert.ok(error instanceof ClientError);
      assert.deepEqual([error.code, error.text], [code, text]);
      return true;
    });
  }
});

test('an aborted call stops waiting', async () => {
  const { client, simulation, transport } = clientFor(() => refusal('InternalFailure', '', 500));
  const stop = new AbortController();
  const call = client.call('DescribeLimits', {}, { signal: stop.signal });
  const checked = assert.rejects(call, { failure: 'aborted' });
  await simulation.scheduler.advance(1);
  stop.abort();
  await checked;
  assert.equal(transport.asked.length, 1);
});
