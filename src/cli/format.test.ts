import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shard } from '../client/operation-types.ts';
import {
  bytes,
  count,
  counted,
  duration,
  facts,
  harmless,
  instant,
  isoInstant,
  shortened,
  table,
} from './format.ts';
import { shardTable } from './shards.ts';
import { parseStartPosition } from './start-position.ts';

test('numbers, sizes and times', () => {
  assert.equal(count(1234567), '1,234,567');
  assert.equal(counted(1, 'record'), '1 record');
  assert.equal(counted(2, 'entry', 'entries'), '2 entries');
  assert.deepEqual([0, 1023, 1536, 5 * 1024 ** 3].map(bytes), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '5.0 GiB',
  ]);
  assert.deepEqual([9.6, 1500, 245_000, 7_800_000, 86_400_000].map(duration), [
    '10 ms',
    '1.5 s',
    '4 min 5 s',
    '2 h 10 min',
    '1 d',
  ]);
  assert.equal(instant(1_767_323_045.678), '2026-01-02 03:04:05Z');
  assert.equal(instant(undefined), '-');
  assert.equal(isoInstant(1_767_323_045.678), '2026-01-02T03:04:05.678Z');
});

test('a table aligns its columns and leaves no blanks at the ends of lines', () => {
  const columns = [{ title: 'A' }, { title: 'NUMBER', align: 'right' as const }, { title: 'C' }];
  assert.equal(
    table(columns, [
      ['long name', '1', ''],
      ['x', '1000000', 'y'],
    ]),
    'A           NUMBER  C\nlong name        1\nx          1000000  y\n',
  );
  assert.equal(
    facts([
      ['name', 'x'],
      ['longer', ''],
    ]),
    'name    x\nlonger\n',
  );
});

test('long texts keep their ends, control characters lose their power', () => {
  assert.equal(shortened('123456789', 9), '123456789');
  assert.equal(shortened('1234567890', 9), '1234…7890');
  assert.equal(harmless('a\x1b[31m\tb\nc\x7f\x9b'), 'a\\x1b[31m\tb\nc\\x7f\\x9b');
});

test('shards are shown with their share, lineage and numbers', () => {
  const half = 1n << 127n;
  const shards: readonly Shard[] = [
    {
      ShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(half * 2n - 1n) },
      SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '9' },
    },
    {
      ShardId: 'shardId-000000000012',
      ParentShardId: 'shardId-000000000000',
      AdjacentParentShardId: 'shardId-000000000010',
      HashKeyRange: { StartingHashKey: String(half), EndingHashKey: String(half * 2n - 1n) },
      SequenceNumberRange: { StartingSequenceNumber: '4'.repeat(56) },
    },
  ];
  const lines = shardTable(shards, false).split('\n');
  assert.deepEqual(lines[1]?.split(/ {2,}/), [
    'shardId-000000000000',
    'closed',
    '100.0 %',
    '0.0 %',
    '-',
    '1',
    '9',
  ]);
  assert.match(lines[2]!, / open +50\.0 % +50\.0 % +0 \+ 10 +4444444444…4444444444 +-$/);
  assert.ok(shardTable(shards, true).includes('4'.repeat(56)));
});

test('places to start from are read as people write them', () => {
  const nowMs = 10_000_000;
  const timestamp = (epochMs: number): object => ({ kind: 'timestamp', epochMs });
  const expected: Readonly<Record<string, object | null>> = {
    'trim-horizon': { kind: 'trim-horizon' },
    TRIM_HORIZON: { kind: 'trim-horizon' },
    Latest: { kind: 'latest' },
    '90s': timestamp(nowMs - 90_000),
    '2h': timestamp(nowMs - 7_200_000),
    '1767323045.5': timestamp(1_767_323_045_500),
    '2026-01-02T03:04:05Z': timestamp(1_767_323_045_000),
    '2026-01-02 05:04:05+02:00': timestamp(1_767_323_045_000),
    '2026-01-02T03:04:05': timestamp(1_767_323_045_000),
    '2026-01-02': timestamp(1_767_312_000_000),
    '2026-13-02': null,
    yesterday: null,
    '': null,
    '5x': null,
  };
  for (const [text, position] of Object.entries(expected)) {
    assert.deepEqual(parseStartPosition(text, nowMs), position, text);
  }
});
