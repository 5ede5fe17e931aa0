/** What tests of bodies that are made piece by piece share. */
import assert from 'node:assert/strict';
import type { PacedBody } from './paced-body.ts';

/** All pieces together; each piece has `room` bytes, and what is not written of it is poison. */
export function inPieces(body: PacedBody, room: number): Buffer {
  const pieces: Buffer[] = [];
  for (let left = body.length; left > 0;) {
    const out = Buffer.alloc(room, 0xee);
    const bytes = body.fill(out);
    assert.ok(bytes > 0 && bytes <= left, 'a piece has something, and not too much');
    assert.ok(out.subarray(bytes).every((byte) => byte === 0xee));
    pieces.push(out.subarray(0, bytes));
    left -= bytes;
  }
  return Buffer.concat(pieces);
}
