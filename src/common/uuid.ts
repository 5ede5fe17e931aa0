/** UUIDs of version 4 from bytes that the caller drew; chance itself comes from the Random port. */
import { assert } from './assert.ts';

/** The text form of a random UUID made of the first 16 bytes of `bytes`. */
export function uuidFrom(bytes: Uint8Array): string {
  assert(bytes.length >= 16, 'uuid: 16 bytes are needed');
  const hex: string[] = [];
  for (let i = 0; i < 16; i++) {
    let byte = bytes[i]!;
    if (i === 6) byte = (byte & 0x0f) | 0x40;
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    hex.push(byte.toString(16).padStart(2, '0'));
    if (i === 3 || i === 5 || i === 7 || i === 9) hex.push('-');
  }
  return hex.join('');
}
