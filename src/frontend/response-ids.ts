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

const REQUEST_ID_CHARS = 36;
const EXTENDED_ID_CHARS = (EXTENDED_ID_BYTES / 3) * 4;

export class ResponseIds {
  readonly #random: Random;
  /** Request ids and extended ids, one after the other. */
  #requestIds = '';
  #extendedIds = '';
  #requestAt = 0;
  #extendedAt = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx` */
  requestId(): string {
    if (this.#requestAt === this.#requestIds.length) {
      this.#requestIds = uuids(this.#random.bytes(POOL_IDS * REQUEST_ID_BYTES));
      this.#requestAt = 0;
    }
    const at = this.#requestAt;
    this.#requestAt = at + REQUEST_ID_CHARS;
    return this.#requestIds.slice(at, this.#requestAt);
  }

  extendedId(): string {
    if (this.#extendedAt === this.#extendedIds.length) {
      const bytes = this.#random.bytes(POOL_IDS * EXTENDED_ID_BYTES);
      this.#extendedIds = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
        'base64',
      );
      this.#extendedAt = 0;
    }
    const at = this.#extendedAt;
    this.#extendedAt = at + EXTENDED_ID_CHARS;
    return this.#extendedIds.slice(at, this.#extendedAt);
  }
}

const HYPHEN = 0x2d;
const hexDigits = Buffer.from('0123456789abcdef');

/** Text of UUIDs of version 4, made of 16 bytes each. */
function uuids(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe((bytes.length / REQUEST_ID_BYTES) * REQUEST_ID_CHARS);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    const place = i % REQUEST_ID_BYTES;
    let byte = bytes[i]!;
    if (place === 6) byte = (byte & 0x0f) | 0x40;
    if (place === 8) byte = (byte & 0x3f) | 0x80;
    if (place === 4 || place === 6 || place === 8 || place === 10) text[at++] = HYPHEN;
    text[at++] = hexDigits[byte >> 4]!;
    text[at++] = hexDigits[byte & 0x0f]!;
  }
  return text.toString('latin1');
}
