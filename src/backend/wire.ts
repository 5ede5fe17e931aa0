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
import { appendKinds, recordAt } from '../model/data-plane.ts';
import type {
  AppendFailure,
  AppendOutcomes,
  PositionQuery,
  ShardAppends,
} from '../model/data-plane.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { ShardKey } from '../model/stream.ts';

export const dataKinds = {
  read: 2,
  position: 3,
  follow: 4,
  append: 5,
  /** An append of records that the back end sees where they lie. Its answer is as for `append`. */
  appendLent: 6,
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

/** Shard and number of records. */
const shardBytes = 8 + 4;

/** Packed bytes of all records of a call. */
export function appendBytes(appends: ShardAppends): number {
  const { firsts, offsets } = appends;
  const places = firsts[appends.count]!;
  let bytes = 0;
  for (let place = 0; place < places; place++) {
    const record = recordAt(appends, place);
    bytes += offsets[record + 1]! - offsets[record]!;
  }
  return bytes;
}

/**
 * Records are put in the order of their shards, in a buffer that comes back with the answer; few
 * small ones into the fields.
 */
export function writeAppends(writer: MessageWriter, appends: ShardAppends, buffers: Buffers): void {
  writeShards(writer, appends);
  const bytes = appendBytes(appends);
  const isLarge = bytes >= givenBytesMin;
  const packed = isLarge ? buffers.take(bytes) : new Uint8Array(bytes);
  gather(appends, packed);
  if (isLarge) writer.givenPayload(packed.subarray(0, bytes));
  else writer.payload(packed);
}

export function writeShards(writer: MessageWriter, { count, shards, firsts }: ShardAppends): void {
  writer.u32(count);
  for (let i = 0; i < count; i++) {
    writer.number(shards[i]!);
    writer.u32(firsts[i + 1]! - firsts[i]!);
  }
}

/** Copies all records, in the order of their places; neighbours together. */
function gather(appends: ShardAppends, to: Uint8Array): void {
  const { packed, offsets, firsts } = appends;
  const places = firsts[appends.count]!;
  let at = 0;
  for (let place = 0; place < places;) {
    const first = recordAt(appends, place);
    let last = first;
    place++;
    while (place < places && recordAt(appends, place) === last + 1) {
      last++;
      place++;
    }
    const part = packed.subarray(offsets[first], offsets[last + 1]);
    to.set(part, at);
    at += part.length;
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

/** The appends, and the buffer of their records where they have one. */
export function readAppends(body: MessageReader): {
  appends: ShardAppends;
  buffer: Uint8Array | null;
} {
  const given = readShards(body);
  const packed = body.payload();
  body.end();
  const offsets = packedOffsets(packed, given.firsts[given.count]!);
  return { appends: { ...given, records: null, packed, offsets }, buffer: body.given };
}

export function readShards(body: MessageReader): Pick<ShardAppends, 'count' | 'shards' | 'firsts'> {
  const count = body.count(shardBytes);
  const shards = new Float64Array(count);
  const firsts = new Uint32Array(count + 1);
  let records = 0;
  for (let i = 0; i < count; i++) {
    shards[i] = body.whole();
    const own = body.u32();
    if (own === 0) throw new MessageError('an append without records');
    records += own;
    firsts[i + 1] = records;
  }
  return { count, shards, firsts };
}

/** Offsets of packed records that others wrote, which must take the whole payload. */
function packedOffsets(packed: Uint8Array, count: number): Uint32Array {
  if (count * packedHeaderBytes > packed.length) {
    throw new MessageError('a payload that is not packed records');
  }
  const offsets = new Uint32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + packedHeaderBytes > packed.length) break;
    const dataBytes =
      (packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16)) + packed[at + 3]! * 2 ** 24;
    at += packedHeaderBytes + (packed[at + 4]! | (packed[at + 5]! << 8)) + dataBytes;
    offsets[i + 1] = at;
  }
  if (at !== packed.length || offsets[count] !== at) {
    throw new MessageError('a payload that is not packed records');
  }
  return offsets;
}

const failureTags = { none: 0, unavailable: 1, key: 2 } as const;

/** Kind, ordinal and arrival. */
const outcomeBytes = 1 + 8 + 8;

/** With the buffer of the records, which is not used here any more. */
export function writeAppendOutcomes(
  writer: MessageWriter,
  outcomes: AppendOutcomes,
  buffer: Uint8Array | null,
): void {
  writeReturned(writer, buffer);
  const { kinds, refused, failure } = outcomes;
  writer.u32(kinds.length);
  for (let i = 0; i < kinds.length; i++) {
    writer.u8(kinds[i]!);
    writer.number(outcomes.baseOrdinals[i]!);
    writer.number(outcomes.arrivalMs[i]!);
  }
  writer.u8(outcomes.encrypted ? 1 : 0);
  writer.u8(refused === null ? 0 : 1);
  if (refused !== null) writer.payload(refused);
  writer.u8(failureTags[failure?.kind ?? 'none']);
  if (failure?.kind === 'unavailable') writer.text(failure.reason);
  if (failure?.kind === 'key') {
    writer.text(failure.code);
    writer.text(failure.text);
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
  appends: Pick<ShardAppends, 'count' | 'firsts'>,
): AppendOutcomes {
  const { count, firsts } = appends;
  if (body.count(outcomeBytes) !== count) throw new MessageError('not one outcome per append');
  const kinds = new Uint8Array(count);
  const baseOrdinals = new Float64Array(count);
  const arrivalMs = new Float64Array(count);
  let highest = 0;
  for (let i = 0; i < count; i++) {
    kinds[i] = body.u8();
    baseOrdinals[i] = body.whole();
    arrivalMs[i] = body.whole();
    highest = Math.max(highest, kinds[i]!);
  }
  const encrypted = body.flag();
  const refused = body.flag() ? body.payload() : null;
  if (refused !== null && refused.length !== firsts[count]) {
    throw new MessageError('not one refusal flag per record');
  }
  const failure = readFailure(body);
  body.end();
  if (highest > appendKinds.key) throw new MessageError('no such outcome of an append');
  if (highest >= appendKinds.unavailable && failure === null) {
    throw new MessageError('a failure without a reason');
  }
  return { kinds, baseOrdinals, arrivalMs, refused, encrypted, failure };
}

function readFailure(body: MessageReader): AppendFailure | null {
  switch (body.u8()) {
    case failureTags.none:
      return null;
    case failureTags.unavailable:
      return { kind: 'unavailable', reason: body.text() };
    case failureTags.key:
      return { kind: 'key', code: body.text(), text: body.text() };
    default:
      throw new MessageError('no such failure of an append');
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
