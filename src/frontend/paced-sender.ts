/**
 * Sends a paced body through one of Node's response objects, a piece at a time: the next piece is
 * made when the peer has taken the last one.
 *
 * Pieces are written into buffers that are used again. A buffer goes back only when its write was
 * called back without an error: then the system, or the cipher, has its bytes. What became of the
 * buffers of failed and abandoned writes is not known, so they are left to the collector.
 */
import type { PacedBody } from '../api/paced-body.ts';
import { wholeBody } from '../api/paced-body.ts';
import { assert } from '../common/assert.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { Clock } from '../runtime/clock.ts';

/** Bodies up to this size go out in one piece of their own. */
export const SMALL_BYTES: number = 32 * 1024;

/** Room of a piece, bytes: small enough to stay in the processor's cache between its two copies. */
const PIECE_BYTES = 256 * 1024;

/** Bytes sent before other connections get their turn. */
const TURN_BYTES = 1024 * 1024;

/** The part of ServerResponse and ServerHttp2Stream that is used. */
export interface PacedWritable {
  readonly destroyed: boolean;
  write(bytes: Uint8Array, written: (error?: Error | null) => void): boolean;
  end(last?: Uint8Array): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export interface PacedSenderParts {
  readonly clock: Clock;
  readonly buffers: Buffers;
}

/** Sends all of `body` and ends the response; releases the body in any case. */
export function sendPaced(writable: PacedWritable, body: PacedBody, parts: PacedSenderParts): void {
  if (body.length <= SMALL_BYTES) {
    writable.end(wholeBody(body));
    return;
  }
  new PacedSender(writable, body, parts).begin();
}

class PacedSender {
  readonly #writable: PacedWritable;
  readonly #body: PacedBody;
  readonly #clock: Clock;
  readonly #buffers: Buffers;
  #left: number;
  #turnBytes = 0;
  #over = false;

  constructor(writable: PacedWritable, body: PacedBody, { clock, buffers }: PacedSenderParts) {
    this.#writable = writable;
    this.#body = body;
    this.#clock = clock;
    this.#buffers = buffers;
    this.#left = body.length;
  }

  begin(): void {
    this.#writable.on('drain', () => this.#drained());
    this.#writable.on('close', () => this.#finish());
    if (this.#writable.destroyed) {
      this.#finish();
    }
    this.#send();
  }

  #drained(): void {
    if (this.#turnBytes < TURN_BYTES) {
      this.#send();
      return;
    }
    this.#turnBytes = 0;
    this.#clock.soon(() => this.#send());
  }

  /** Sends pieces until the transport has enough. */
  #send(): void {
    let hasRoom = true;
    while (hasRoom && !this.#over) {
      const buffer = this.#buffers.take(Math.min(this.#left, PIECE_BYTES));
      const bytes = this.#body.fill(buffer);
      assert(bytes > 0 && bytes <= this.#left, 'paced body: not as long as it said');
      this.#left -= bytes;
      this.#turnBytes += bytes;
      hasRoom = this.#writable.write(buffer.subarray(0, bytes), (error) => {
        if (!error) {
          this.#buffers.give(buffer);
        }
      });
      if (this.#left === 0) {
        this.#finish();
        this.#writable.end();
      }
    }
  }

  #finish(): void {
    this.#over = true;
    this.#body.release();
  }
}
