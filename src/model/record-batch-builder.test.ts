import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readU16, readU32 } from '../common/bytes.ts';
import { format } from '../common/uint128.ts';
import { hashKeyOfPartitionKey } from './hash-key.ts';
import { RecordBatchBuilder } from './record-batch-builder.ts';
import { flagNoPartitionKey, packedHeaderBytes } from './record-batch.ts';

const record = fc.record({
  key: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { nil: undefined }),
  data: fc.uint8Array({ maxLength: 300 }),
  explicit: fc.option(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), { nil: undefined }),
});

test('records come back from the packed form, in order, whatever was guessed', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 30 }),
      fc.nat(40),
      fc.nat(2000),
      (records, count, bytes) => {
        const builder = new RecordBatchBuilder(count, bytes);
        for (const { key, data, explicit } of records) builder.add(key, data, explicit?.toString());
        const batch = builder.build();
        assert.equal(batch.count, records.length);
        assert.equal(batch.offsets.length, records.length + 1);
        assert.equal(batch.offsets[records.length], batch.packed.length);
        assert.equal(builder.invalidHashKey, null);
        records.forEach(({ key, data, explicit }, i) => {
          const start = batch.offsets[i]!;
          const keyStart = start + packedHeaderBytes;
          const dataStart = keyStart + readU16(batch.packed, start + 4);
          const found = batch.packed.subarray(dataStart, batch.offsets[i + 1]);
          assert.equal(readU32(batch.packed, start), data.length);
          assert.deepEqual([...found], [...data]);
          const text = new TextDecoder().decode(batch.packed.subarray(keyStart, dataStart));
          assert.equal(text, key ?? '');
          assert.equal(batch.packed[start + 6], key === undefined ? flagNoPartitionKey : 0);
          const hashKey = format(batch.hashKeys, i);
          if (explicit !== undefined) assert.equal(hashKey, explicit.toString());
          else assert.equal(hashKey, key === undefined ? '0' : hashKeyOfPartitionKey(key));
        });
      },
    ),
  );
});

test('the first hash key out of range is remembered', () => {
  const builder = new RecordBatchBuilder(2, 10);
  builder.add('a', new Uint8Array(1), '1');
  builder.add('a', new Uint8Array(1), (1n << 128n).toString());
  builder.add('a', new Uint8Array(1), '9'.repeat(39));
  assert.equal(builder.invalidHashKey, (1n << 128n).toString());
  assert.equal(builder.count, 3);
});
