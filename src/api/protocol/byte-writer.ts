/**
 * One growing buffer for an answer of many records. Callers reserve what a record can take at most
 * and then write without further checks.
 */
import { encodeBase64Into } from '../../common/base64.ts';

const GROWTH = 1.5;

export class ByteWriter {
  /** Written up to `at`. */
  bytes: Uint8Array;
  at = 0;

  /** `capacity`: a guess of the final length in bytes. */
  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for `length` more bytes. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.ceil((this.at + length) * GROWTH));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** Copies `part`; room must have been reserved. */
  put(part: Uint8Array): void {
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  /** Copies `source[start, end)`; room must have been reserved. */
  putRange(source: Uint8Array, start: number, end: number): void {
    this.bytes.set(source.subarray(start, end), this.at);
    this.at += end - start;
  }

  /** Writes `source[start, end)` as base64; room must have been reserved. */
  putBase64(source: Uint8Array, start: number, end: number): void {
    this.at += encodeBase64Into(source, start, end, this.bytes, this.at);
  }

  /** Reserves and copies. */
  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.put(part);
  }

  /** What was written, without copying. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}
