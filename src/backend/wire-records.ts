/**
 * What front ends and back ends say to each other about reading and following, as message bodies;
 * see `wire.ts`.
 *
 * Records cross a link once per message, however many followers get them: the payloads of all
 * sections of an outcome lie in one buffer of their own, copied there from memory that the back end
 * keeps. That of a read goes back when its records are not looked at any more.
 */
import { onlyOnce } from '../common/buffer-pool.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import { MessageError } from '../common/message-reader.ts';
import type { MessageReader } from '../common/message-reader.ts';
import type { MessageWriter } from '../common/message-writer.ts';
import type {
  FollowFailure,
  FollowOutcome,
  FollowRequest,
  ReadOutcome,
  ReadRequest,
  RecordsOutcome,
} from '../model/data-plane.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';
import { PayloadCopies } from './wire.ts';

export function writeRead(writer: MessageWriter, request: ReadRequest): void {
  writer.number(request.shard);
  writer.number(request.fromOrdinal);
  writer.u32(request.recordsMax);
  writer.number(request.bytesMax);
}

export function readRead(body: MessageReader): ReadRequest {
  const shard = body.whole();
  const fromOrdinal = body.whole();
  const recordsMax = body.u32();
  const bytesMax = body.whole();
  body.end();
  if (recordsMax === 0) throw new MessageError('a read of no records');
  return { shard, fromOrdinal, recordsMax, bytesMax };
}

const readTags = { records: 0, throttled: 1, gone: 2, corrupt: 3, key: 4 } as const;

export function writeReadOutcome(
  writer: MessageWriter,
  outcome: ReadOutcome,
  buffers: Buffers,
): void {
  writer.u8(readTags[outcome.kind]);
  if (outcome.kind === 'records') {
    writeRecords(writer, outcome, buffers);
  } else if (outcome.kind === 'key') {
    writer.text(outcome.code);
    writer.text(outcome.text);
  }
}

/** `returned` is given the buffer of the records, when they are released. */
export function readReadOutcome(
  body: MessageReader,
  returned: (buffer: Uint8Array) => void,
): ReadOutcome {
  const tag = body.u8();
  let outcome: ReadOutcome;
  switch (tag) {
    case readTags.records: {
      const records = readRecords(body);
      const buffer = body.given;
      if (buffer === null) return records;
      return { ...records, release: onlyOnce(() => returned(buffer)) };
    }
    case readTags.throttled:
      outcome = { kind: 'throttled' };
      break;
    case readTags.gone:
      outcome = { kind: 'gone' };
      break;
    case readTags.corrupt:
      outcome = { kind: 'corrupt' };
      break;
    case readTags.key:
      outcome = { kind: 'key', code: body.text(), text: body.text() };
      break;
    default:
      throw new MessageError('no such outcome of a read');
  }
  body.end();
  return outcome;
}

/** Payload bytes of an outcome. */
export function payloadBytes(outcome: ReadOutcome): number {
  if (outcome.kind !== 'records') return 0;
  return outcome.sections.reduce((sum, section) => sum + section.payload.length, 0);
}

/** Shard, ordinal, count, arrival, key and the shortest payload. */
const sectionBytesMin = 8 + 8 + 4 + 8 + 4 + 5;

export function writeRecords(
  writer: MessageWriter,
  outcome: RecordsOutcome,
  buffers: Buffers,
): void {
  const { sections } = outcome;
  writer.number(outcome.nextOrdinal);
  writer.u8(outcome.atEnd ? 1 : 0);
  writer.number(outcome.millisBehindLatest);
  writer.u32(sections.length);
  const copies = new PayloadCopies(writer, payloadBytes(outcome), buffers);
  for (const { shard, baseOrdinal, count, arrivalMs, keyId, payload } of sections) {
    writer.number(shard);
    writer.number(baseOrdinal);
    writer.u32(count);
    writer.number(arrivalMs);
    writer.u32(keyId);
    copies.write(payload);
  }
}

export function readRecords(body: MessageReader): RecordsOutcome {
  const nextOrdinal = body.whole();
  const atEnd = body.flag();
  const millisBehindLatest = body.number();
  const count = body.count(sectionBytesMin);
  const sections: Section[] = [];
  for (let i = 0; i < count; i++) sections.push(readSection(body));
  body.end();
  return { kind: 'records', sections, nextOrdinal, atEnd, millisBehindLatest };
}

function readSection(body: MessageReader): Section {
  const section = {
    shard: body.whole(),
    baseOrdinal: body.whole(),
    count: body.u32(),
    arrivalMs: body.whole(),
    keyId: body.u32(),
    payload: body.payload(),
  };
  if (section.count * packedHeaderBytes > section.payload.length) {
    throw new MessageError('a section with fewer records than it says');
  }
  return section;
}

/** A request to follow; what is delivered names the subscription. */
export interface FollowCall extends FollowRequest {
  readonly subscription: number;
}

export function writeFollow(writer: MessageWriter, call: FollowCall): void {
  writer.u32(call.subscription);
  writer.number(call.shard);
  writer.number(call.fromOrdinal);
  writer.text(call.consumer);
}

export function readFollow(body: MessageReader): FollowCall {
  const call = {
    subscription: body.u32(),
    shard: body.whole(),
    fromOrdinal: body.whole(),
    consumer: body.text(),
  };
  body.end();
  return call;
}

const followTags = { following: 0, gone: 1, 'in-use': 2, 'rate-exceeded': 3 } as const;

export type FollowAnswer = FollowOutcome['kind'];

export function writeFollowAnswer(writer: MessageWriter, kind: FollowAnswer): void {
  writer.u8(followTags[kind]);
}

export function readFollowAnswer(body: MessageReader): FollowAnswer {
  const tag = body.u8();
  body.end();
  for (const [kind, value] of Object.entries(followTags)) {
    if (value === tag) return kind as FollowAnswer;
  }
  throw new MessageError('no such outcome of following');
}

const failureTags = { gone: 0, corrupt: 1, 'taken-over': 2, key: 3 } as const;

export function writeFollowFailure(writer: MessageWriter, failure: FollowFailure): void {
  writer.u8(failureTags[failure.kind]);
  if (failure.kind === 'key') {
    writer.text(failure.code);
    writer.text(failure.text);
  }
}

export function readFollowFailure(body: MessageReader): FollowFailure {
  const tag = body.u8();
  switch (tag) {
    case failureTags.gone:
      return { kind: 'gone' };
    case failureTags.corrupt:
      return { kind: 'corrupt' };
    case failureTags['taken-over']:
      return { kind: 'taken-over' };
    case failureTags.key:
      return { kind: 'key', code: body.text(), text: body.text() };
    default:
      throw new MessageError('no such failure of following');
  }
}
