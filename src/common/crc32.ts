/**
 * CRC-32 (IEEE 802.3, the polynomial of zlib, PNG and the event-stream encoding). Node's native
 * form: docs/adr/0002-crc32.md has the measurements that chose it over CRC-32C in JavaScript.
 */
import { crc32 as native } from 'node:zlib';

/**
 * The CRC-32 of `bytes` as an unsigned 32-bit number. `seed` is the CRC of the bytes before these,
 * so that `crc32(b, crc32(a))` equals the CRC of `a` followed by `b`.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  // The native form takes an empty array without memory behind it for a reset, and returns 0.
  return bytes.length === 0 ? seed : native(bytes, seed);
}
