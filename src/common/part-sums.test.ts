import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plainRoom } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { partSums, SUM_ROOM_BYTES } from './part-sums.ts';
import { alignedMemory } from './web-assembly.ts';

const PART_BYTES = 64 * 1024;

const ROOMS: readonly (readonly [string, Uint8Array])[] = [
  ['of a kernel', alignedMemory(PART_BYTES + SUM_ROOM_BYTES)!],
  ['without one', plainRoom(PART_BYTES + SUM_ROOM_BYTES)],
];

function fill(bytes: Uint8Array): void {
  let state = 0x2545f491;
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
}

for (const [name, room] of ROOMS) {
  describe(`CRC-32 of parts of memory ${name}`, () => {
    const bytes = room.subarray(0, PART_BYTES);
    fill(bytes);
    const before = bytes.slice();
    const sum = partSums(room);

    test('is that of the bytes, whatever their number and place', () => {
      for (let length = 0; length <= 3000; length += 1) {
        const start = (length * 7) % 61;
        const part = bytes.subarray(start, start + length);
        assert.equal(sum(start, length), crc32(part), `${length} bytes`);
      }
      for (const length of [4096, 16_383, 32_768, PART_BYTES - 1, PART_BYTES]) {
        assert.equal(sum(PART_BYTES - length, length), crc32(bytes.subarray(PART_BYTES - length)));
      }
    });

    test('leaves the bytes as they are', () => {
      assert.deepEqual(bytes, before);
    });
  });
}

test('CRC-32 by a kernel sees every change of a byte', () => {
  const room = alignedMemory(PART_BYTES + SUM_ROOM_BYTES)!;
  fill(room.subarray(0, 1500));
  const sum = partSums(room);
  const found = new Set([sum(0, 1500)]);
  for (let at = 0; at < 1500; at += 1) {
    room[at]! ^= 0x40;
    found.add(sum(0, 1500));
    room[at]! ^= 0x40;
  }
  assert.equal(found.size, 1501);
});

test('a kernel needs no more room than it is given', () => {
  // Its own lies behind the bytes: a memory that ends there is enough for it.
  const room = alignedMemory(64 * 1024)!;
  const bytes = room.length - SUM_ROOM_BYTES;
  fill(room.subarray(0, bytes));
  assert.equal(partSums(room)(0, bytes), crc32(room.subarray(0, bytes)));
});
