import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { EncodedFrame } from './frame.ts';
import { blockEnd, encodedBytes, encodeFrame, FrameHead } from './frame.ts';
import { FrameDraft } from './frame-draft.ts';
import { blankEntry } from './entry-rows.ts';
import { sectionKindTails } from './section-rows.ts';
import { forEachTail, TailsWriter } from './tails.ts';

const CHAIN = { identity: 0xabcdef01, frameNumber: 41, headCrc: 0x12345678 };
const STAMP = { volume: 3, epoch: 7, timestampMs: 1_767_225_600_123, ahead: 0 };

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

describe('a draft in blocks', () => {
  test('has every piece of payloads at a block, and nothing but whole blocks', () => {
    const piece = fc.array(arbitrarySection, { minLength: 1, maxLength: 120, size: 'max' });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const sections = pieces.flat();
        const frame = inBlocks(pieces);
        assert.ok(frame.parts.every(({ length }) => length % 4096 === 0));
        const bytes = concat(frame.parts);
        const head = parse(bytes);
        assert.deepEqual([head.frameBytes, head.headBytes], [bytes.length, frame.headBytes]);
        assert.deepEqual([head.chain, frame.pieceAlignBytes], [frame.chain, 4096]);
        let end = head.headBytes;
        for (const [row, section] of sections.entries()) {
          const at = head.payloadAt(row, end);
          assert.equal(
            at === end,
            !pieces.some(([first]) => first === section) || end % 4096 === 0,
          );
          assert.ok(bytes.subarray(end, at).every((byte) => byte === 0));
          end = at + head.rows.payloadBytes(row);
          assert.deepEqual(bytes.slice(at, end), section.payload);
          assert.deepEqual([head.rows.kind(row), head.rows.shard(row)], [0, section.shard]);
        }
        assert.ok(bytes.subarray(end).every((byte) => byte === 0));
        assert.ok(head.payloadsIntact(bytes));
      }),
    );
  });

  test('is these bytes, for ever', () => {
    const one = { baseOrdinal: 1, count: 1, arrivalMs: 2, keyId: 0 };
    const payload = Uint8Array.of(1, 2, 3);
    const sections = [1, 2, 3].map((shard) => ({ ...one, shard, payload }));
    const bytes = concat(inBlocks([sections.slice(0, 2), sections.slice(2)]).parts);
    const nonZero = [...bytes.entries()].filter(([, byte]) => byte !== 0);
    assert.deepEqual(
      Buffer.from(nonZero.map(([, byte]) => byte)).toString('hex'),
      [
        // Magic, version, checksum, as in the other version; rows 3, bytes 3 * 4096, number, time.
        ['54524631', '02', 'e4523328', '78563412', '01efcdab', '03', '07'],
        ['03', '30', '2a', '7ba8da769b01'],
        // Shard, bit of the kind, ordinal, arrival, count, bytes, checksum.
        ['01', '80', '01', '02', '01', '03', '1d80bc55'],
        ['02', '01', '02', '01', '03', '1d80bc55'],
        ['03', '80', '01', '02', '01', '03', '1d80bc55'],
        ['010203', '010203', '010203'],
      ]
        .flat()
        .join(''),
    );
    const payloads = nonZero.slice(-9).map(([at]) => at);
    assert.deepEqual(payloads, [4096, 4097, 4098, 4099, 4100, 4101, 8192, 8193, 8194]);
  });
});

/** The frame in blocks that these pieces of sections are. */
function inBlocks(pieces: readonly (readonly Section[])[]): EncodedFrame {
  const draft = new FrameDraft();
  const blocks = pieces.map((sections) => {
    const firstRow = draft.count;
    for (const { shard, baseOrdinal, arrivalMs, count, keyId, payload } of sections) {
      draft.add(shard, baseOrdinal, arrivalMs, count, keyId, payload.length, crc32(payload));
    }
    const payloads = concat(sections.map(({ payload }) => payload));
    const part = new Uint8Array(blockEnd(payloads.length));
    part.set(payloads);
    return { parts: [part], bytes: part.length, firstRow };
  });
  return draft.finishInBlocks(CHAIN, STAMP, blocks);
}

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
          const payload = bytes.slice(at, at + head.rows.payloadBytes(row));
          at += payload.byteLength;
          const said = blankEntry();
          head.rows.read(row, said);
          assert.equal(head.rows.baseOrdinal(row), said.baseOrdinal);
          assert.equal(head.rows.recordCount(row), said.count);
          assert.deepEqual(
            [said.payloadBytes, said.payloadCrc],
            [head.rows.payloadBytes(row), head.rows.payloadCrc(row)],
          );
          assert.deepEqual(
            {
              shard: head.rows.shard(row),
              baseOrdinal: said.baseOrdinal,
              count: said.count,
              arrivalMs: said.arrivalMs,
              keyId: said.keyId,
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
    assert.equal(head.rows.kind(0), sectionKindTails);
    const rows: number[][] = [];
    forEachTail(
      bytes.subarray(head.headBytes, head.headBytes + head.rows.payloadBytes(0)),
      (...row) => {
        rows.push(row);
      },
    );
    assert.deepEqual(rows, [
      [1, 10, 100],
      [2 ** 48 - 1, Number.MAX_SAFE_INTEGER, 0],
    ]);
  });
});
