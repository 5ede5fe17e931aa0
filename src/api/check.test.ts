import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../model/service-error.ts';
import { check } from './check.ts';
import type { MemberRule, StructureRule } from './rules.ts';
import { required } from './rules.ts';
import * as shapes from './shapes.ts';

const rule = (members: Record<string, MemberRule>): StructureRule => ({
  type: 'structure',
  members,
});

/** Texts of the failed constraints, without count. */
function failures(members: Record<string, MemberRule>, input: Record<string, unknown>): string[] {
  try {
    check(rule(members), input);
    return [];
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.code, 'ValidationException');
    const found = /^(\d+) validation (errors?) detected: (.*)$/s.exec(error.text!)!;
    const texts = found[3]!.split('; ');
    assert.equal(texts.length, Number(found[1]));
    assert.equal(found[2], texts.length === 1 ? 'error' : 'errors');
    return texts.sort();
  }
}

test('a missing member prints as null', () => {
  assert.deepEqual(failures({ StreamName: required(shapes.streamName) }, {}), [
    `Value null at 'streamName' failed to satisfy constraint: Member must not be null`,
  ]);
});

test('an empty text fails its pattern and its length', () => {
  assert.deepEqual(failures({ StreamARN: shapes.streamName }, { StreamARN: '' }), [
    `Value '' at 'streamARN' failed to satisfy constraint: Member must have length greater than ` +
      `or equal to 1`,
    `Value '' at 'streamARN' failed to satisfy constraint: Member must satisfy regular ` +
      `expression pattern: [a-zA-Z0-9_.-]+`,
  ]);
});

test('bounds of numbers, blobs and enumerations', () => {
  assert.deepEqual(
    failures({ Limit: shapes.getRecordsInputLimit, Data: shapes.data }, { Limit: 0 }),
    [
      `Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or ` +
        `equal to 1`,
    ],
  );
  assert.deepEqual(failures({ Limit: shapes.getRecordsInputLimit }, { Limit: 10001 }), [
    `Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or ` +
      `equal to 10000`,
  ]);
  assert.deepEqual(failures({ Data: shapes.data }, { Data: new Uint8Array(10485761) }), [
    `Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'data' failed to ` +
      `satisfy constraint: Member must have length less than or equal to 10485760`,
  ]);
  assert.deepEqual(
    failures({ ShardIteratorType: shapes.shardIteratorType }, { ShardIteratorType: 'x' }),
    [
      `Value 'x' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum ` +
        `value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]`,
    ],
  );
});

test('lists name elements from one, structures print as Java objects', () => {
  const records = { Records: shapes.putRecordsRequestEntryList };
  assert.deepEqual(failures(records, { Records: [{}, { Data: new Uint8Array(0) }] }), [
    `Value null at 'records.1.member.data' failed to satisfy constraint: Member must not be null`,
  ]);
  assert.deepEqual(failures(records, { Records: [undefined] }), [
    `Value null at 'records.1.member' failed to satisfy constraint: Member must not be null`,
  ]);
  assert.deepEqual(failures(records, { Records: [] }), [
    `Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than ` +
      `or equal to 1`,
  ]);
  const many = failures(records, {
    Records: Array.from({ length: 501 }, () => ({ Data: new Uint8Array(0) })),
  });
  assert.equal(many.length, 1);
  assert.match(
    many[0]!,
    /^Value( '\[com\.amazonaws\.\S+\.PutRecordsRequestEntry@\S+, .*\]')? at 'records' .* 500$/,
  );
});

test('elements of lists, keys and values of maps', () => {
  assert.deepEqual(failures({ TagKeys: shapes.tagKeyList }, { TagKeys: ['a', ''] }), [
    `Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: ` +
      `[Member must have length less than or equal to 128, Member must have length greater than ` +
      `or equal to 1]`,
  ]);
  const long = 'x'.repeat(257);
  assert.deepEqual(failures({ Tags: shapes.tagMap }, { Tags: { '': long, b: 'c' } }), [
    `Value '{=${long}, b=c}' at 'tags' failed to satisfy constraint: Map keys must satisfy ` +
      `constraint: [Member must have length less than or equal to 128, Member must have length ` +
      `greater than or equal to 1]`,
    `Value '{=${long}, b=c}' at 'tags' failed to satisfy constraint: Map value must satisfy ` +
      `constraint: [Member must have length less than or equal to 256, Member must have length ` +
      `greater than or equal to 0]`,
  ]);
});

test('at most ten failures are listed, and what is huge is not printed', () => {
  const members = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`M${i}`, required(shapes.streamName)]),
  );
  assert.equal(failures(members, {}).length, 10);
  const entries = Array.from({ length: 200_000 }, () => ({}));
  const texts = failures({ Records: shapes.putRecordsRequestEntryList }, { Records: entries });
  assert.equal(texts.length, 10);
  assert.ok(texts.join().length < 10_000);
  const name = '!'.repeat(1_000_000);
  const [text] = failures({ StreamName: shapes.streamName }, { StreamName: name });
  assert.match(text!, /^Value at 'streamName' failed .* less than or equal to 128$/);
});

test('patterns of hostile texts are matched in bounded time', () => {
  const arn = 'arn:aws' + ':kinesis:'.repeat(200_000);
  assert.equal(failures({ ResourceARN: shapes.resourceArn }, { ResourceARN: arn }).length, 1);
});
