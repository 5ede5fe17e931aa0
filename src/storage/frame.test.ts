import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import { encodedBytes, encodeFrame, FrameDraft, FrameHead, sectionKindTails } from './frame.ts';
import { forEachTail, TailsWriter } from './tails.ts';

const CHAIN = { identity: 0xabcdef01, frameNumber: 41, headCrc: 0x12345678 };
const STAMP = { volume: 3, epoch: 7, timestampMs: 1_767_225_600_123 };

function encode(sections: readonly Section[], tails: Uint8Array | null = null): Uint8Array {
  const crcs = sections.map(({ payload }) => crc32(payload));
  return concat(encodeFrame(CHAIN, STAMP, sections, crcs, tails).parts);
}

function parse(bytes: Uint8Array): FrameHead {
  const head = FrameHead.parse(bytes);
  assert.ok(typeof head !== 'string', 'no frame');
  return head;
}

const arbitrarySection: fc.Arbitrary<Section> = fc.record({
  shard: fc.nat(2 ** 48 - 1),
  baseOrdinal: fc.maxSafeNat(),
  count: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  arrivalMs: fc.nat(2 ** 48 - 1),
  keyId: fc.nat(2 ** 32 - 1),
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('a draft', () => {
  test('becomes the same frame, also when it is used again', () => {
    const draft = new FrameDraft();
    const tails = new TailsWriter(1);
    tails.put(7, 99, 1000);
    const many = fc.array(arbitrarySection, { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(many, fc.boolean(), (sections, begins) => {
        draft.reset();
        for (const one of sections) {
          const { shard, baseOrdinal, arrivalMs, count, keyId, payload } = one;
          const bytes = payload.length;
          draft.add(shard, baseOrdinal, arrivalMs, count, keyId, bytes, crc32(payload));
        }
        const own = begins ? tails.bytes : null;
        const payloads = [concat(sections.map(({ payload }) => payload))];
        const frame = draft.finish(CHAIN, STAMP, payloads, own);
        const crcs = sections.map(({ payload }) => crc32(payload));
        const expected = encodeFrame(CHAIN, STAMP, sections, crcs, own);
        assert.deepEqual(concat(frame.parts), concat(expected.parts));
        assert.deepEqual(
          [frame.bytes, frame.headBytes, frame.chain],
          [expected.bytes, expected.headBytes, expected.chain],
        );
      }),
    );
  });
});

describe('a frame', () => {
  test('is these bytes, for ever', () => {
    const tails = new TailsWriter(1);
    tails.put(0x0102030405, 99, 1_767_225_600_000);
    const section = {
      shard: 0x0000_aabb_ccdd,
      baseOrdinal: 0x1_0000_0002,
      count: 3,
      arrivalMs: 1_767_225_600_100,
      keyId: 5,
      payload: Uint8Array.from({ length: 11 }, (_, index) => index),
    };
    const expected = [
      // Header: magic, version, checksum; checksum before, identity, volume, epoch.
      ['54524631', '01000000', 'af9b2ef1', '78563412', '01efcdab', '03000000', '0700000000000000'],
      // Sections, bytes of the frame, frame number, time, reserved.
      ['02000000', 'c0000000', '2a00000000000000', '7ba8da769b010000', '0000000000000000'],
      // Row of the tails: shard, kind, ordinal, arrival, count, key, bytes, checksum.
      ['000000000000', '0100', '0000000000000000', '0000000000000000', '00000000', '00000000'],
      ['18000000', '78851c39'],
      // Row of the section.
      ['ddccbbaa0000', '0000', '0200000001000000', '64a8da769b010000', '03000000', '05000000'],
      ['0b000000', 'e18e2dad'],
      // Payloads, padding.
      ['0504030201000000', '6300000000000000', '00a8da769b010000', '000102030405060708090a'],
      ['00'.repeat(13)],
    ];
    assert.equal(
      Buffer.from(encode([section], tails.bytes)).toString('hex'),
      expected.flat().join(''),
    );
  });

  test('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.array(arbitrarySection, { maxLength: 8 }), (sections) => {
        const bytes = encode(sections);
        const head = parse(bytes);
        assert.equal(bytes.byteLength, head.frameBytes);
        const payloadBytes = sections.reduce((sum, { payload }) => sum + payload.byteLength, 0);
        assert.equal(encodedBytes(sections.length, payloadBytes), head.frameBytes);
        assert.deepEqual(
          [head.number, head.previousCrc, head.identity, head.volume, head.epoch, head.timestampMs],
          [42, CHAIN.headCrc, CHAIN.identity, STAMP.volume, STAMP.epoch, STAMP.timestampMs],
        );
        let at = head.headBytes;
        for (const [row, section] of sections.entries()) {
          const payload = bytes.slice(at, at + head.payloadBytes(row));
          at += payload.byteLength;
          assert.deepEqual(
            {
              shard: head.shard(row),
              baseOrdinal: head.baseOrdinal(row),
              count: head.count(row),
              arrivalMs: head.arrivalMs(row),
              keyId: head.keyId(row),
              payload,
            },
            { ...section },
          );
        }
        assert.ok(head.payloadsIntact(bytes));
      }),
    );
  });

  test('shows every flipped bit, in the head by the head, elsewhere by the payloads', () => {
    fc.assert(
      fc.property(
        fc.array(arbitrarySection, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (sections, draw) => {
          const bytes = encode(sections);
          const { headBytes, frameBytes } = parse(bytes);
          const payloadEnd = sections.reduce((at, { payload }) => at + payload.length, headBytes);
          const bit = draw % (payloadEnd * 8);
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          const head = FrameHead.parse(bytes);
          if (bit >> 3 < headBytes) {
            assert.equal(typeof head, 'string');
          } else {
            assert.ok(typeof head !== 'string' && !head.payloadsIntact(bytes));
          }
          assert.equal(frameBytes % 64, 0);
        },
      ),
    );
  });

  test('is not read beyond the bytes there are', () => {
    const bytes = encode([
      { shard: 1, baseOrdinal: 1, count: 1, arrivalMs: 0, keyId: 0, payload: new Uint8Array(9) },
    ]);
    const { headBytes } = parse(bytes);
    for (let length = 0; length < headBytes; length += 1) {
      assert.equal(FrameHead.parse(bytes.subarray(0, length)), 'short');
    }
    assert.equal(FrameHead.parse(new Uint8Array(64)), 'no-magic');
    assert.equal(FrameHead.parse(bytes, 64), 'no-magic');
  });

  test('carries the tails of all shards', () => {
    const writer = new TailsWriter(2);
    writer.put(1, 10, 100);
    writer.put(2 ** 48 - 1, Number.MAX_SAFE_INTEGER, 0);
    const bytes = encode([], writer.bytes);
    const head = parse(bytes);
    assert.equal(head.kind(0), sectionKindTails);
    const rows: number[][] = [];
    forEachTail(bytes.subarray(head.headBytes, head.headBytes + head.payloadBytes(0)), (...row) => {
      rows.push(row);
    });
    assert.deepEqual(rows, [
      [1, 10, 100],
      [2 ** 48 - 1, Number.MAX_SAFE_INTEGER, 0],
    ]);
  });
});
