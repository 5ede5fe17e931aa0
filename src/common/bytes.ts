/**
 * Little-endian integers in byte arrays, and the few other things done to bytes everywhere. Reading
 * or writing outside the array is a broken invariant, never a silent zero: decoders of outside data
 * check lengths first.
 */
import { timingSafeEqual } from 'node:crypto';
import { assert } from './assert.ts';

const U32 = 2 ** 32;

/** Unsigned 16-bit integer at `at`. */
export function readU16(bytes: Uint8Array, at: number): number {
  assert(at >= 0 && at + 2 <= bytes.length, 'bytes: read outside the array');
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Unsigned 32-bit integer at `at`. */
export function readU32(bytes: Uint8Array, at: number): number {
  assert(at >= 0 && at + 4 <= bytes.length, 'bytes: read outside the array');
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  return low + bytes[at + 3]! * 0x1000000;
}

/** Unsigned 48-bit integer at `at`. */
export function readU48(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU16(bytes, at + 4) * U32;
}

/**
 * Unsigned 64-bit integer at `at`, which must be a safe integer. For data that may be damaged,
 * verify its checksum first.
 */
export function readU64(bytes: Uint8Array, at: number): number {
  const value = readU32(bytes, at) + readU32(bytes, at + 4) * U32;
  assert(value <= Number.MAX_SAFE_INTEGER, 'bytes: 64-bit value is not a safe integer');
  return value;
}

/** Writes `value` in [0, 2^16). */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  assert(at >= 0 && at + 2 <= bytes.length, 'bytes: write outside the array');
  assert(value >= 0 && value <= 0xffff && Number.isInteger(value), 'bytes: not a 16-bit value');
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

/** Writes `value` in [0, 2^32). */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  assert(at >= 0 && at + 4 <= bytes.length, 'bytes: write outside the array');
  assert(value >= 0 && value < U32 && Number.isInteger(value), 'bytes: not a 32-bit value');
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes `value` in [0, 2^48). */
export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at + 4, Math.floor(value / U32));
  writeU32(bytes, at, value % U32);
}

/** Writes `value`, a safe integer of at least 0, as 64 bits. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'bytes: not an unsigned safe integer');
  writeU32(bytes, at + 4, Math.floor(value / U32));
  writeU32(bytes, at, value % U32);
}

/** Unsigned 64-bit integer at `at` of a view; for what is read often. As for `readU64`. */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * U32;
}

/** Writes `value`, a safe integer of at least 0, as 64 bits to `at` of a view. */
export function setU64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'bytes: not an unsigned safe integer');
  const high = Math.floor(value / U32);
  view.setUint32(at, value - high * U32, true);
  view.setUint32(at + 4, high, true);
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Gives memory of so many bytes, whatever they are. */
export type Room = (bytes: number) => Uint8Array;

/** Memory like any other. */
export function plainRoom(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

/** One new array with all parts in order. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** True when both hold the same bytes. Ends early: not for secrets. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  return Buffer.compare(left, right) === 0;
}

/**
 * True when both hold the same bytes, in a time that depends on their lengths only: for signatures,
 * tags and tokens.
 */
export function equalConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Bytes of `text` in UTF-8 (a lone surrogate counts as the three bytes of U+FFFD). */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
