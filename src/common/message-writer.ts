/**
 * Writes messages that cross a link: a list of parts, of which the first holds fields and the
 * others are whole buffers that go along.
 *
 * Numbers are little-endian. A payload lies in the fields after its length, or, where its memory
 * may be given away, in a part of its own that is sent without copying a byte:
 *
 * ```
 *  payload in the fields   | 0 | bytes u32 | …            |
 *  payload in a part       | 1 | part u16  | offset u32 | bytes u32 |
 * ```
 */
import { assert } from './assert.ts';

/**
 * Memory below this is copied into the fields: sending a buffer of its own costs more than that.
 */
export const givenBytesMin: number = 16 * 1024;
/** Parts of one message, the fields included. */
export const messagePartsMax = 0xffff;

const scratchBytes = 64 * 1024;
/** Fields above this are not kept for the next message. */
const scratchBytesMax = 1024 * 1024;

export class MessageWriter {
  /** Written again and again: what is sent is a copy of exactly what was written. */
  #fields: Buffer = Buffer.allocUnsafeSlow(scratchBytes);
  #at = 0;
  readonly #given: Uint8Array[] = [];
  readonly #partOf = new Map<ArrayBufferLike, number>();
  #givenBytes = 0;

  /** Bytes of fields so far. */
  get at(): number {
    return this.#at;
  }

  /** Bytes of all parts. */
  get bytes(): number {
    return this.#at + this.#givenBytes;
  }

  /** Whether another payload may have a part of its own. */
  get hasPartsLeft(): boolean {
    return this.#given.length + 1 < messagePartsMax;
  }

  u8(value: number): void {
    this.#room(1);
    this.#fields[this.#at++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#at = this.#fields.writeUInt16LE(value, this.#at);
  }

  u32(value: number): void {
    this.#room(4);
    this.#at = this.#fields.writeUInt32LE(value, this.#at);
  }

  /** Any number, as a double: whole ones up to 2^53 are exact. */
  number(value: number): void {
    this.#room(8);
    this.#at = this.#fields.writeDoubleLE(value, this.#at);
  }

  /** Puts `value` where a u32 was written before. */
  patchU32(at: number, value: number): void {
    assert(at + 4 <= this.#at, 'message: only what was written can be replaced');
    this.#fields.writeUInt32LE(value, at);
  }

  /** UTF-8. */
  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.u32(bytes);
    this.#room(bytes);
    this.#at += this.#fields.write(value, this.#at, 'utf8');
  }

  /** A payload, copied. */
  payload(bytes: Uint8Array): void {
    this.u8(0);
    this.u32(bytes.length);
    this.#room(bytes.length);
    this.#fields.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /**
   * A payload whose buffer belongs to the caller alone and is given away with the message: neither
   * it nor any other view of its buffer may be used after this, except to be given here too.
   */
  givenPayload(bytes: Uint8Array): void {
    const { buffer } = bytes;
    let part = this.#partOf.get(buffer);
    if (part === undefined) {
      if (buffer.byteLength < givenBytesMin || !this.hasPartsLeft) {
        this.payload(bytes);
        return;
      }
      part = this.#given.push(new Uint8Array(buffer));
      this.#partOf.set(buffer, part);
      this.#givenBytes += buffer.byteLength;
    }
    this.u8(1);
    this.u16(part);
    this.u32(bytes.byteOffset);
    this.u32(bytes.length);
  }

  /** The message, each part with a buffer of its own. The writer is empty after that. */
  take(): Uint8Array[] {
    const fields = Buffer.allocUnsafeSlow(this.#at);
    this.#fields.copy(fields, 0, 0, this.#at);
    const parts = [fields, ...this.#given];
    this.#at = 0;
    this.#givenBytes = 0;
    this.#given.length = 0;
    this.#partOf.clear();
    if (this.#fields.length > scratchBytesMax) this.#fields = Buffer.allocUnsafeSlow(scratchBytes);
    return parts;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#fields.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#fields.length * 2));
    this.#fields.copy(larger, 0, 0, this.#at);
    this.#fields = larger;
  }
}
