/**
 * Collects a request body into one buffer, with one copy at most; with none of what its sender
 * reads straight into the buffer's room.
 *
 * A body that arrives in one piece is handed on as it is. Otherwise the declared length is trusted
 * only up to `TRUSTED_BYTES_MAX`; beyond that the buffer doubles as bytes really arrive, so a
 * client that declares much and sends little costs little. Every byte held counts against a budget
 * shared by all requests.
 *
 * Buffers of answered requests are used again: memory outside the heap that is given up with every
 * request makes the collector run all the time.
 */
import { copyBytes } from '../common/copy-bytes.ts';
import type { BodyBuffers, BodyHeaders, BodyWork } from '../runtime/body-buffers.ts';

/** Size reserved on a client's word alone, bytes. */
const TRUSTED_BYTES_MAX = 1024 * 1024;

/** First buffer of a body of unknown length, bytes. */
const UNKNOWN_BYTES = 16 * 1024;

/** Size of the buffers that bodies of up to that size are given, bytes; and how many lie ready. */
const SMALL_BYTES = 4 * 1024;
const SMALL_SPARE_MAX = 256;

/** Below this a read to its place saves less than a further read costs, bytes. */
const ROOM_BYTES_MIN = 16 * 1024;

const nothing = new Uint8Array(0);

/** Bytes that all bodies together may hold, from their first byte until their answer is out. */
export class BodyBudget {
  readonly bytesMax: number;
  readonly #buffers: BodyBuffers;
  readonly #small: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number, buffers: BodyBuffers) {
    this.bytesMax = bytesMax;
    this.#buffers = buffers;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes nothing and returns false when the budget would be exceeded. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.bytesMax) {
      return false;
    }
    this.#bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** A buffer of `bytes` at least and not much more, with whatever content. */
  buffer(bytes: number): Uint8Array {
    if (bytes <= SMALL_BYTES) {
      return this.#small.pop() ?? new Uint8Array(SMALL_BYTES);
    }
    return this.#buffers.take(bytes);
  }

  /** Copies a part of a body to its place in a buffer of this budget. */
  copy(part: Uint8Array, buffer: Uint8Array, at: number): void {
    copyBytes(part, buffer, at);
  }

  /** Takes back a buffer; `unused` when nobody looks at it any more. */
  spare(buffer: Uint8Array, unused: boolean): void {
    if (buffer.length === SMALL_BYTES) {
      if (unused && this.#small.length < SMALL_SPARE_MAX) {
        this.#small.push(buffer);
      }
    } else if (unused) {
      this.#buffers.give(buffer);
    } else {
      this.#buffers.abandon(buffer);
    }
  }

  /** Begins the work on a body in a buffer of this budget, where that is worth it. */
  begin(body: Uint8Array, headers: BodyHeaders): BodyWork | null {
    return this.#buffers.begin(body, headers);
  }
}

export type CollectOutcome = 'taken' | 'too-large' | 'overloaded';

export class BodyCollector {
  readonly #budget: BodyBudget;
  readonly #bytesMax: number;
  readonly #declaredBytes: number;
  #buffer: Uint8Array = nothing;
  #length = 0;
  #held = 0;
  /** Whether the buffer is ours to use again; a single chunk belongs to the socket. */
  #owned = false;

  /** `declaredBytes` is the Content-Length, or -1 where there is none. */
  constructor(budget: BodyBudget, bytesMax: number, declaredBytes: number) {
    this.#budget = budget;
    this.#bytesMax = bytesMax;
    this.#declaredBytes = declaredBytes;
  }

  /** Keeps `chunk`, which must not be changed afterwards; a lent one is copied. */
  add(chunk: Uint8Array, isLent = false): CollectOutcome {
    const length = this.#length + chunk.length;
    if (length > this.#bytesMax) {
      return 'too-large';
    }
    const isFirst = this.#length === 0 && !isLent;
    if (isFirst && (chunk.length === this.#declaredBytes || this.#declaredBytes < 0)) {
      return this.#adopt(chunk);
    }
    if (length > this.#buffer.length && !this.#grow(length)) {
      return 'overloaded';
    }
    this.#budget.copy(chunk, this.#buffer, this.#length);
    this.#length = length;
    return 'taken';
  }

  /**
   * Where the next of the `missing` bytes may be written, to be told by `extend`; null where a copy
   * by `add` costs less, or the buffer is full. To be given up before `release`.
   */
  room(missing: number): Uint8Array | null {
    const at = this.#length;
    const bytes = Math.min(missing, this.#buffer.length - at);
    return bytes < ROOM_BYTES_MIN ? null : this.#buffer.subarray(at, at + bytes);
  }

  /** `bytes` have been written to the start of the room. */
  extend(bytes: number): void {
    this.#length += bytes;
  }

  /** Begins the work on the whole body; null where there is nothing to gain. */
  begin(headers: BodyHeaders): BodyWork | null {
    return this.#owned ? this.#budget.begin(this.take(), headers) : null;
  }

  /** The body so far, without copying. */
  take(): Uint8Array {
    return this.#buffer.length === this.#length
      ? this.#buffer
      : this.#buffer.subarray(0, this.#length);
  }

  /**
   * Gives the bytes back to the budget; for when the answer is out. Safe to call twice. `unused`
   * says that nobody holds the body or a view of it any more, so its buffer may be used again.
   */
  release(unused: boolean): void {
    if (this.#owned) {
      this.#budget.spare(this.#buffer, unused);
    }
    this.#owned = false;
    this.#budget.release(this.#held);
    this.#held = 0;
    this.#buffer = nothing;
    this.#length = 0;
  }

  #adopt(chunk: Uint8Array): CollectOutcome {
    if (!this.#budget.take(chunk.length)) {
      return 'overloaded';
    }
    this.#held = chunk.length;
    this.#buffer = chunk;
    this.#length = chunk.length;
    return 'taken';
  }

  #grow(needed: number): boolean {
    const hoped =
      this.#declaredBytes >= 0
        ? Math.min(this.#declaredBytes, Math.max(TRUSTED_BYTES_MAX, 2 * needed))
        : Math.min(this.#bytesMax, Math.max(UNKNOWN_BYTES, 2 * needed));
    let size = Math.max(needed, hoped);
    if (!this.#budget.take(size - this.#held)) {
      size = needed;
      if (!this.#budget.take(size - this.#held)) {
        return false;
      }
    }
    this.#held = size;
    const grown = this.#budget.buffer(size);
    grown.set(this.#buffer.subarray(0, this.#length));
    if (this.#owned) {
      this.#budget.spare(this.#buffer, true);
    }
    this.#buffer = grown;
    this.#owned = true;
    return true;
  }
}
