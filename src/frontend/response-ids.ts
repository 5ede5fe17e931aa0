/**
 * Request ids of responses: a version 4 UUID and the extended id, from a pool of random bytes.
 *
 * Randomness is fetched in large pieces, because one call to the source per response would cost
 * more than the ids themselves.
 */
import type { Random } from '../runtime/random.ts';

const REQUEST_ID_BYTES = 16;
/** What the service sends is base64 of about this many bytes. */
const EXTENDED_ID_BYTES = 72;
/** Ids made at once. */
const POOL_IDS = 100;

const REQUEST_ID_DIGITS = 2 * REQUEST_ID_BYTES;
const EXTENDED_ID_CHARS = (EXTENDED_ID_BYTES / 3) * 4;

export class ResponseIds {
  readonly #random: Random;
  /** Hexadecimal digits of request ids, base64 of extended ids, one after the other. */
  #digits = '';
  #extended = '';
  #requestAt = 0;
  #extendedAt = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx` */
  requestId(): string {
    if (this.#requestAt === this.#digits.length) {
      this.#digits = this.#bytes(REQUEST_ID_BYTES, toUuid).toString('hex');
      this.#requestAt = 0;
    }
    const at = this.#requestAt;
    const end = at + REQUEST_ID_DIGITS;
    this.#requestAt = end;
    const digits = this.#digits;
    return (
      `${digits.slice(at, at + 8)}-${digits.slice(at + 8, at + 12)}-` +
      `${digits.slice(at + 12, at + 16)}-${digits.slice(at + 16, at + 20)}-` +
      digits.slice(at + 20, end)
    );
  }

  extendedId(): string {
    if (this.#extendedAt === this.#extended.length) {
      this.#extended = this.#bytes(EXTENDED_ID_BYTES).toString('base64');
      this.#extendedAt = 0;
    }
    const at = this.#extendedAt;
    this.#extendedAt = at + EXTENDED_ID_CHARS;
    return this.#extended.slice(at, this.#extendedAt);
  }

  #bytes(idBytes: number, mark?: (bytes: Uint8Array, at: number) => void): Buffer {
    const bytes = this.#random.bytes(POOL_IDS * idBytes);
    for (let at = 0; at < bytes.length; at += idBytes) mark?.(bytes, at);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** Marks 16 bytes as a UUID of version 4. */
function toUuid(bytes: Uint8Array, at: number): void {
  bytes[at + 6] = (bytes[at + 6]! & 0x0f) | 0x40;
  bytes[at + 8] = (bytes[at + 8]! & 0x3f) | 0x80;
}
