/**
 * The answer of PutRecords, written without an object or text per record or shard: every entry of a
 * stored record is a copy of one template, in which digits are put in their places.
 */
import { internalFailureEntry, throughputExceeded, type StreamRef } from '../../model/messages.ts';
import { SEQUENCE_NUMBER_DIGITS, StreamSequenceNumbers } from '../../model/sequence-number.ts';
import { shardId, writeShardDigits } from '../../model/shard-id.ts';
import type { AppendResult } from '../ports.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeCbor, writeCborHead } from './cbor.ts';
import { encodeJson } from './json.ts';

export interface PutRecordsAnswer {
  readonly stream: StreamRef;
  readonly result: AppendResult;
}

/** Values of `AppendResult.status`. */
const STORED = 0;
const THROTTLED = 1;

/** How one protocol frames entries. */
interface Form {
  readonly head: Uint8Array;
  /** Behind each entry but the last. */
  readonly separator: Uint8Array;
  readonly tail: Uint8Array;
  readonly entry: EntryTemplate;
  failed(code: string, message: string): Uint8Array;
}

/** The entry of a stored record whose digits are all zero, and its separator. */
interface EntryTemplate {
  readonly bytes: Uint8Array;
  readonly numberAt: number;
  /** Where the digits of the shard end. */
  readonly shardEnd: number;
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array(0);
const ZERO_NUMBER = '0'.repeat(SEQUENCE_NUMBER_DIGITS);

const jsonEntry: EntryTemplate = jsonTemplate();
const cborEntry: EntryTemplate = cborTemplate();

function jsonTemplate(): EntryTemplate {
  const start = '{"SequenceNumber":"';
  const shard = `${start}${ZERO_NUMBER}","ShardId":"${shardId(0)}`;
  const bytes = utf8.encode(`${shard}"},`);
  return { bytes, numberAt: start.length, shardEnd: shard.length };
}

function cborTemplate(): EntryTemplate {
  const bytes = encodeCbor({ SequenceNumber: ZERO_NUMBER, ShardId: shardId(0) });
  // Both members are texts: what is left of the first without its digits is its head.
  const shardMember = encodeCbor({ ShardId: shardId(0) }).length - 1;
  const numberAt = bytes.length - shardMember - SEQUENCE_NUMBER_DIGITS;
  return { bytes, numberAt, shardEnd: bytes.length };
}

function jsonForm(result: AppendResult): Form {
  const encryption = result.encrypted ? ',"EncryptionType":"KMS"' : '';
  return {
    head: utf8.encode(`{"FailedRecordCount":${result.failedCount},"Records":[`),
    separator: utf8.encode(','),
    tail: utf8.encode(`]${encryption}}`),
    entry: jsonEntry,
    failed: (code, message) => encodeJson({ ErrorCode: code, ErrorMessage: message }),
  };
}

function cborForm(result: AppendResult): Form {
  const count = result.status.length;
  // The list comes last, so that head, list and entries simply follow each other.
  const members = {
    ...(result.encrypted ? { EncryptionType: 'KMS' } : {}),
    FailedRecordCount: result.failedCount,
    Records: [],
  };
  const empty = encodeCbor(members);
  const head = new Uint8Array(empty.length + 8);
  const headEnd = writeCborHead(head, empty.length - 1, 4, count);
  head.set(empty.subarray(0, -1));
  return {
    head: head.subarray(0, headEnd),
    separator: NOTHING,
    tail: NOTHING,
    entry: cborEntry,
    failed: (code, message) => encodeCbor({ ErrorCode: code, ErrorMessage: message }),
  };
}

export function encodePutRecordsJson(answer: PutRecordsAnswer): readonly Uint8Array[] {
  return [encode(answer, jsonForm(answer.result))];
}

export function encodePutRecordsCbor(answer: PutRecordsAnswer): readonly Uint8Array[] {
  return [encode(answer, cborForm(answer.result))];
}

function encode({ stream, result }: PutRecordsAnswer, form: Form): Uint8Array {
  const count = result.status.length;
  const numbers = new StreamSequenceNumbers();
  const { bytes: entry, numberAt, shardEnd } = form.entry;
  const writer = new ByteWriter(form.head.length + count * entry.length + form.tail.length);
  writer.append(form.head);
  for (let i = 0; i < count; i++) {
    const index = result.shardIndexes[i]!;
    if (result.status[i] === STORED) {
      writer.reserve(entry.length);
      const { bytes, at } = writer;
      writer.put(entry);
      const seconds = Math.floor(result.arrivalMs[i]! / 1000);
      const created = result.createdSeconds[i]!;
      numbers.write(bytes, at + numberAt, created, index, result.ordinals[i]!, seconds);
      writeShardDigits(bytes, at + shardEnd, index);
    } else {
      if (result.status[i] === THROTTLED) {
        const text = throughputExceeded.shard(index, stream);
        writer.append(form.failed('ProvisionedThroughputExceededException', text));
      } else {
        writer.append(form.failed('InternalFailure', internalFailureEntry));
      }
      writer.append(form.separator);
    }
  }
  if (count > 0) writer.at -= form.separator.length;
  writer.append(form.tail);
  return writer.finish();
}
