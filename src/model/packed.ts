/**
 * Walking packed records (layout in `record-batch.ts`): by offsets, without an object per record.
 *
 * Payloads were built by us and their checksums hold, so a record that runs past its payload is a
 * broken invariant.
 */
import { assert } from '../common/assert.ts';
import { packedHeaderBytes } from './record-batch.ts';

/** Offset just behind the record that begins at `at`; the next record begins there. */
export function packedEnd(payload: Uint8Array, at: number): number {
  assert(at + packedHeaderBytes <= payload.length, 'packed record: header outside the payload');
  const dataBytes =
    (payload[at]! | (payload[at + 1]! << 8) | (payload[at + 2]! << 16)) +
    payload[at + 3]! * 2 ** 24;
  const keyBytes = payload[at + 4]! | (payload[at + 5]! << 8);
  const end = at + packedHeaderBytes + keyBytes + dataBytes;
  assert(end <= payload.length, 'packed record: runs past its payload');
  return end;
}

/** Offset of record `index`, counting from the start of the payload. */
export function packedOffset(payload: Uint8Array, index: number): number {
  let at = 0;
  for (let i = 0; i < index; i++) at = packedEnd(payload, at);
  return at;
}

/** Bytes of data and partition keys of `count` packed records that take `packedBytes`. */
export function recordBytes(packedBytes: number, count: number): number {
  return packedBytes - count * packedHeaderBytes;
}
