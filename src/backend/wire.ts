/**
 * What front ends and back ends say to each other about appends and positions, as message bodies.
 *
 * The kinds of the data plane are 1 to 31. Never renumber; a change of a body is a new kind.
 * Readers throw MessageError for bodies no writer here could have written.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import { MessageError } from '../common/message-reader.ts';
import type { MessageReader } from '../common/message-reader.ts';
import { givenBytesMin } from '../common/message-writer.ts';
import type { MessageWriter } from '../common/message-writer.ts';
import type { PositionQuery, ShardAppend, ShardAppendOutcome } from '../model/data-plane.ts';
import type { ShardKey } from '../model/stream.ts';

export const dataKinds = {
  append: 1,
  read: 2,
  position: 3,
  follow: 4,
  /** To the front end: records for a subscription, numbered from 1 within the message. */
  records: 16,
  /** Records of that number, from earlier in the same message, for another subscription. */
  deliver: 17,
  followFailed: 18,
  /** To the back end. */
  credit: 24,
  unfollow: 25,
  readTaken: 26,
  /** A buffer that came with the records of a read, to be used again. */
  returned: 27,
} as const;

const nothing = new Uint8Array(0);

/** Shard, count and the shortest payload. */
const appendBytesMin = 8 + 4 + 5;

/**
 * Payloads are copied into a buffer that comes back with the answer; small ones into the fields.
 */
export function writeAppends(
  writer: MessageWriter,
  appends: readonly ShardAppend[],
  buffers: Buffers,
): void {
  const bytes = appends.reduce((sum, { payload }) => sum + payload.length, 0);
  const copies = new PayloadCopies(writer, bytes, buffers);
  writer.u32(appends.length);
  for (const { shard, count, payload } of appends) {
    writer.number(shard);
    writer.u32(count);
    copies.write(payload);
  }
}

/** Writes payloads back to back into one buffer of their own, unless they are small together. */
export class PayloadCopies {
  readonly #writer: MessageWriter;
  readonly #buffer: Uint8Array | null;
  #at = 0;

  constructor(writer: MessageWriter, bytes: number, buffers: Buffers) {
    this.#writer = writer;
    this.#buffer = bytes < givenBytesMin ? null : buffers.take(bytes);
  }

  write(payload: Uint8Array): void {
    if (this.#buffer === null) {
      this.#writer.payload(payload);
      return;
    }
    const from = this.#at;
    this.#buffer.set(payload, from);
    this.#at += payload.length;
    this.#writer.givenPayload(this.#buffer.subarray(from, this.#at));
  }
}

/** The appends, and the buffer of their payloads where they have one. */
export function readAppends(body: MessageReader): {
  appends: ShardAppend[];
  buffer: Uint8Array | null;
} {
  const count = body.count(appendBytesMin);
  const appends: ShardAppend[] = [];
  for (let i = 0; i < count; i++) {
    const append = { shard: body.whole(), count: body.u32(), payload: body.payload() };
    // Whoever stores them relies on it: a record takes at least a byte.
    if (append.count === 0 || append.count > append.payload.length) {
      throw new MessageError('an append without records');
    }
    appends.push(append);
  }
  body.end();
  return { appends, buffer: body.given };
}

const appendTags = { stored: 0, throttled: 1, moved: 2, unavailable: 3, key: 4 } as const;

/** With the buffer of the payloads, which is not used here any more. */
export function writeAppendOutcomes(
  writer: MessageWriter,
  outcomes: readonly ShardAppendOutcome[],
  buffer: Uint8Array | null,
): void {
  writeReturned(writer, buffer);
  writer.u32(outcomes.length);
  for (const outcome of outcomes) {
    writer.u8(appendTags[outcome.kind]);
    switch (outcome.kind) {
      case 'stored':
        writer.number(outcome.baseOrdinal);
        writer.number(outcome.arrivalMs);
        writer.u8(outcome.encrypted ? 1 : 0);
        writer.u8(outcome.refused === null ? 0 : 1);
        if (outcome.refused !== null) writer.payload(outcome.refused);
        break;
      case 'unavailable':
        writer.text(outcome.reason);
        break;
      case 'key':
        writer.text(outcome.code);
        writer.text(outcome.text);
        break;
      case 'throttled':
      case 'moved':
        break;
    }
  }
}

/** A buffer that goes back to whom it came from, as a whole. */
export function writeReturned(writer: MessageWriter, buffer: Uint8Array | null): void {
  if (buffer === null) writer.payload(nothing);
  else writer.givenPayload(buffer);
}

/** The buffer, ready to be used again; null where there is none. */
export function readReturned(body: MessageReader): Uint8Array | null {
  body.payload();
  return body.given === null ? null : new Uint8Array(body.given.buffer);
}

/**
 * What follows the returned buffer: outcomes of `appends`; throws unless there is one for each and
 * of its size.
 */
export function readAppendOutcomes(
  body: MessageReader,
  appends: readonly Pick<ShardAppend, 'count'>[],
): ShardAppendOutcome[] {
  if (body.count(1) !== appends.length) throw new MessageError('not one outcome per append');
  const outcomes = appends.map(({ count }) => readAppendOutcome(body, count));
  body.end();
  return outcomes;
}

function readAppendOutcome(body: MessageReader, count: number): ShardAppendOutcome {
  const tag = body.u8();
  switch (tag) {
    case appendTags.stored: {
      const baseOrdinal = body.whole();
      const arrivalMs = body.whole();
      const encrypted = body.flag();
      const refused = body.flag() ? body.payload() : null;
      if (refused !== null && refused.length !== count) {
        throw new MessageError('not one refusal flag per record');
      }
      return { kind: 'stored', baseOrdinal, arrivalMs, encrypted, refused };
    }
    case appendTags.throttled:
      return { kind: 'throttled' };
    case appendTags.moved:
      return { kind: 'moved' };
    case appendTags.unavailable:
      return { kind: 'unavailable', reason: body.text() };
    case appendTags.key:
      return { kind: 'key', code: body.text(), text: body.text() };
    default:
      throw new MessageError('no such outcome of an append');
  }
}

const positionTags = { 'trim-horizon': 0, latest: 1, timestamp: 2 } as const;

export interface PositionRequest {
  readonly shard: ShardKey;
  readonly query: PositionQuery;
}

export function writePosition(writer: MessageWriter, { shard, query }: PositionRequest): void {
  writer.number(shard);
  writer.u8(positionTags[query.kind]);
  writer.number(query.kind === 'timestamp' ? query.ms : 0);
}

export function readPosition(body: MessageReader): PositionRequest {
  const shard = body.whole();
  const tag = body.u8();
  const ms = body.number();
  body.end();
  switch (tag) {
    case positionTags['trim-horizon']:
      return { shard, query: { kind: 'trim-horizon' } };
    case positionTags.latest:
      return { shard, query: { kind: 'latest' } };
    case positionTags.timestamp:
      if (!Number.isFinite(ms)) throw new MessageError('not an instant');
      return { shard, query: { kind: 'timestamp', ms } };
    default:
      throw new MessageError('no such position');
  }
}

export function writePositionAnswer(writer: MessageWriter, ordinal: number | null): void {
  writer.u8(ordinal === null ? 0 : 1);
  writer.number(ordinal ?? 0);
}

export function readPositionAnswer(body: MessageReader): number | null {
  const known = body.flag();
  const ordinal = body.whole();
  body.end();
  return known ? ordinal : null;
}
