/**
 * Request ids of responses: a version 4 UUID and the extended id, from a pool of random bytes.
 *
 * Randomness is fetched in large pieces, because one call to the source per response would cost
 * more than the ids themselves.
 */
import type { Random } from '../runtime/random.ts';

const POOL_BYTES = 8192;
const REQUEST_ID_BYTES = 16;
/** What the service sends is base64 of about this many bytes. */
const EXTENDED_ID_BYTES = 72;

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export class ResponseIds {
  readonly #random: Random;
  #pool: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx` */
  requestId(): string {
    const at = this.#take(REQUEST_ID_BYTES);
    let id = '';
    for (let i = 0; i < REQUEST_ID_BYTES; i++) {
      let byte = this.#pool[at + i] as number;
      if (i === 6) {
        byte = (byte & 0x0f) | 0x40;
      } else if (i === 8) {
        byte = (byte & 0x3f) | 0x80;
      }
      id += i === 4 || i === 6 || i === 8 || i === 10 ? `-${hexPairs[byte]}` : hexPairs[byte];
    }
    return id;
  }

  extendedId(): string {
    const at = this.#take(EXTENDED_ID_BYTES);
    return this.#pool.toString('base64', at, at + EXTENDED_ID_BYTES);
  }

  /** Offset of `count` unused bytes of the pool. */
  #take(count: number): number {
    if (this.#at + count > this.#pool.length) {
      const bytes = this.#random.bytes(POOL_BYTES);
      this.#pool = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
