import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TransportError } from '../client/http-transport.ts';
import type { PutEntry } from '../client/operation-types.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import type { Answer, Asked } from '../client/scripted-transport.suite.ts';
import { refusal, ScriptedTransport } from '../client/scripted-transport.suite.ts';
import { LineSplitter } from './line-splitter.ts';
import { RecordQueue } from './record-queue.ts';
import { CapturedOutput, cli, inputOf } from './test-context.suite.ts';

/** Stores everything. */
function storing({ operation, input }: Asked): Answer {
  const stored = (_: unknown, i: number): object => ({
    ShardId: 'shardId-000000000000',
    SequenceNumber: String(i + 1),
  });
  return operation === 'PutRecord'
    ? stored(null, 0)
    : { FailedRecordCount: 0, Records: (input['Records'] as unknown[]).map(stored) };
}

function recordsOf(transport: ScriptedTransport): PutEntry[] {
  return transport.asked.flatMap(({ input }) => input['Records'] as PutEntry[]);
}

const text = (entry: PutEntry): string => Buffer.from(entry.Data, 'base64').toString();

test('data from the command line is one record', async () => {
  const transport = new ScriptedTransport(storing);
  const args = ['put', 's', 'héllo', '-k', 'alice', '--explicit-hash-key', '7'];
  const { code, out } = await cli(args, { transport });
  assert.equal(code, 0);
  assert.equal(out, 'shardId-000000000000 1\n');
  assert.deepEqual(transport.asked[0]?.input, {
    StreamName: 's',
    Data: Buffer.from('héllo').toString('base64'),
    PartitionKey: 'alice',
    ExplicitHashKey: '7',
  });
  assert.equal(transport.closed, true);
});

test('base64 is passed on, and refused when it is none', async () => {
  const transport = new ScriptedTransport(storing);
  await cli(['put', 's', 'AP8=', '--base64'], { transport });
  assert.equal(transport.asked[0]?.input['Data'], 'AP8=');
  const { code, err } = await cli(['put', 's', 'AP8', '--base64'], { transport });
  assert.equal(code, 1);
  assert.match(err, /not base64/);
  assert.equal(transport.asked.length, 1);
});

test('options that cannot be are refused before anything is sent', async () => {
  const transport = new ScriptedTransport(storing);
  for (const wrong of [
    ['--partition-key', ''],
    ['--partition-key', 'x'.repeat(257)],
    ['--explicit-hash-key', String(1n << 128n)],
    ['--endpoint', 'ftp://x'],
    ['--no-such-option'],
  ]) {
    const { code, err } = await cli(['put', 's', 'x', ...wrong], { transport });
    assert.equal(code, 2, wrong.join(' '));
    assert.match(err, /^error: .*\nRun it with --help/);
  }
  assert.equal(transport.asked.length, 0);
});

test('each line is one record, byte for byte, in order, with a key of its own', async () => {
  const transport = new ScriptedTransport(storing);
  const stdin = inputOf(['one\ntw', 'o\r\n\nlast']);
  const { code, out, err } = await cli(['put', 's'], { transport, stdin });
  assert.equal(code, 0);
  assert.equal(out, '');
  assert.match(err, /^stored 4 records \(\d+ B\) in /);
  const records = recordsOf(transport);
  assert.deepEqual(records.map(text), ['one', 'two\r', '', 'last']);
  assert.equal(new Set(records.map(({ PartitionKey }) => PartitionKey)).size, 4);
});

test('many lines go in batches that the service takes', async () => {
  const transport = new ScriptedTransport(storing);
  const lines = Array.from({ length: 1_234 }, (_, i) => `line ${i}\n`).join('');
  const { code } = await cli(['put', 's', '-k', 'k'], { transport, stdin: inputOf([lines]) });
  assert.equal(code, 0);
  const sizes = transport.asked.map(({ input }) => (input['Records'] as unknown[]).length);
  assert.deepEqual(sizes, [500, 500, 234]);
  assert.deepEqual(recordsOf(transport).map(text).join('\n') + '\n', lines);
});

test('with --json every line is answered in order, also those that were refused', async () => {
  const transport = new ScriptedTransport((asked) =>
    (asked.input['Records'] as PutEntry[]).some((entry) => text(entry) === 'bad')
      ? refusal('ValidationException', 'too large')
      : storing(asked),
  );
  const stdin = inputOf(['YQ==\nYmFk\nnot base64\nYg==\n']);
  const { code, out, err } = await cli(['put', 's', '--json', '--base64'], { transport, stdin });
  assert.equal(code, 1);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as object),
    [
      { Line: 1, ShardId: 'shardId-000000000000', SequenceNumber: '1' },
      { Line: 2, ErrorCode: 'ValidationException', ErrorMessage: 'too large' },
      { Line: 3, ErrorCode: 'NotBase64', ErrorMessage: 'the line is not base64' },
      { Line: 4, ShardId: 'shardId-000000000000', SequenceNumber: '1' },
    ],
  );
  assert.match(err, /line 2 was not stored: ValidationException: too large/);
  assert.match(err, /stored 2 records .*; 2 records not stored\n/);
});

test('when the server goes away the user learns how far it came', async () => {
  const transport = new ScriptedTransport((asked, number) =>
    number === 0 ? storing(asked) : new TransportError('refused', 'connect ECONNREFUSED'),
  );
  const stdin = inputOf(['a\n'.repeat(501)]);
  const { code, err } = await cli(['put', 's'], { transport, stdin });
  assert.equal(code, 1);
  assert.match(err, /stored 500 records .*; 1 record perhaps not stored\n/);
  assert.match(err, /connect ECONNREFUSED\n {2}Is the server running\? .*npx tailrace start\n/);
});

test('progress is shown on a terminal, on one line, and taken away at the end', async () => {
  const simulation = new Simulation(1);
  const transport = new ScriptedTransport(async (asked) => {
    await simulation.scheduler.advance(300);
    return storing(asked);
  });
  const stderr = new CapturedOutput({ isTerminal: true });
  const stdin = inputOf(['a\n'.repeat(2_000)]);
  const clock = simulation.clock();
  await cli(['put', 's', '-'], { transport, stdin, stderr, clock });
  const shown = stderr.text.split('\r\x1b[K');
  assert.deepEqual(
    shown.map((text) => /^stored ([\d,]+) records \([^)]*\)(?: in 1\.2 s\n)?$/.exec(text)?.[1]),
    [undefined, '1,000', '2,000', '2,000'],
  );
});

test('an interrupt ends after the batch that is under way', async () => {
  const stop = new AbortController();
  const transport = new ScriptedTransport((asked) => {
    stop.abort();
    return storing(asked);
  });
  async function* endless(): AsyncIterable<Uint8Array> {
    for (;;) yield Buffer.from('line\n'.repeat(1000));
  }
  const stdin = { isTerminal: false, chunks: endless, close: () => undefined };
  const { code, err } = await cli(['put', 's'], { transport, stdin, interrupted: stop.signal });
  assert.equal(code, 130);
  assert.match(err, /^stored [\d,]+ records/);
});

test('who reads the answers may go', async () => {
  const transport = new ScriptedTransport(storing);
  const stdout = new CapturedOutput({ bytesMax: 0 });
  const stdin = inputOf(['a\n']);
  const { code, err } = await cli(['put', 's', '--json'], { transport, stdin, stdout });
  assert.equal(code, 0);
  assert.doesNotMatch(err, /tailrace:/);
});

test('a splitter gives the same lines however the bytes arrive', () => {
  const arbitraryText = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', 'é') });
  fc.assert(
    fc.property(arbitraryText, fc.array(fc.nat(5)), (given, cuts) => {
      const bytes = Buffer.from(given);
      const splitter = new LineSplitter(1_000);
      const lines: Uint8Array[] = [];
      let from = 0;
      for (const cut of cuts) {
        lines.push(...splitter.push(bytes.subarray(from, from + cut)));
        from = Math.min(bytes.length, from + cut);
      }
      lines.push(...splitter.push(bytes.subarray(from)), ...splitter.end());
      const expected = given.split('\n');
      if (expected.at(-1) === '') expected.pop();
      assert.deepEqual(
        lines.map((line) => Buffer.from(line).toString()),
        expected,
      );
    }),
  );
});

test('a line that no record can hold is refused by its number', () => {
  const splitter = new LineSplitter(4);
  assert.equal(splitter.push(Buffer.from('1234\n')).length, 1);
  assert.throws(() => splitter.push(Buffer.from('12\n12345')), /line 3 is longer than 4 bytes/);
});

test('the queue makes its feeder wait, and large records travel alone', async () => {
  const queue = new RecordQueue({ batchRecordsMax: 2, batchBytesMax: 10 });
  const push = (line: number, bytes: number): void => queue.push({ line, bytes, entry: null });
  const lines = async (): Promise<number[] | undefined> =>
    (await queue.take())?.map(({ line }) => line);
  push(1, 30);
  let isRoom = false;
  const room = queue.room().then(() => (isRoom = true));
  push(2, 4);
  push(3, 4);
  push(4, 4);
  assert.equal(isRoom, false);
  assert.deepEqual(await lines(), [1]);
  await room;
  assert.equal(isRoom, true);
  assert.deepEqual(await lines(), [2, 3]);
  const failure = new Error('input broke');
  queue.end(failure);
  assert.equal(await queue.room(), false);
  assert.deepEqual(await lines(), [4]);
  await assert.rejects(lines(), failure);
});
