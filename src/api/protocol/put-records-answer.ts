/**
 * The answer of PutRecords, written without an object or text per record: what differs between
 * records of one shard is the 56 digits of the sequence number, everything around them is copied.
 */
import { internalFailureEntry, throughputExceeded, type StreamRef } from '../../model/messages.ts';
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberWriter } from '../../model/sequence-number.ts';
import { shardId } from '../../model/shard-id.ts';
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
  readonly separator: Uint8Array;
  readonly tail: Uint8Array;
  /** Before the digits. */
  readonly start: Uint8Array;
  /** After the digits, by shard. */
  end(shard: string): Uint8Array;
  failed(code: string, message: string): Uint8Array;
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array(0);

function jsonForm(result: AppendResult): Form {
  const encryption = result.encrypted ? ',"EncryptionType":"KMS"' : '';
  return {
    head: utf8.encode(`{"FailedRecordCount":${result.failedCount},"Records":[`),
    separator: utf8.encode(','),
    tail: utf8.encode(`]${encryption}}`),
    start: utf8.encode('{"SequenceNumber":"'),
    end: (shard) => utf8.encode(`","ShardId":"${shard}"}`),
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
  const entry = encodeCbor({ SequenceNumber: '0'.repeat(SEQUENCE_NUMBER_DIGITS), ShardId: '' });
  const shardHead = encodeCbor({ ShardId: '' }).length - 1;
  const start = entry.subarray(0, entry.length - shardHead - SEQUENCE_NUMBER_DIGITS);
  return {
    head: head.subarray(0, headEnd),
    separator: NOTHING,
    tail: NOTHING,
    start,
    end: (shard) => encodeCbor({ ShardId: shard }).subarray(1),
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
  const numbers = result.shards.map(
    ({ document }) => new SequenceNumberWriter(document.createdSeconds, document.index),
  );
  const ends = result.shards.map(({ document }) => form.end(shardId(document.index)));
  const entryBytes =
    form.start.length + SEQUENCE_NUMBER_DIGITS + (ends[0]?.length ?? 0) + form.separator.length;
  const writer = new ByteWriter(form.head.length + count * entryBytes + form.tail.length);
  writer.append(form.head);
  for (let i = 0; i < count; i++) {
    if (i > 0) writer.append(form.separator);
    const shard = result.shardOf[i]!;
    if (result.status[i] === STORED) {
      writer.reserve(entryBytes);
      writer.put(form.start);
      const seconds = Math.floor(result.arrivalMs[i]! / 1000);
      writer.at = numbers[shard]!.writeInto(writer.bytes, writer.at, result.ordinals[i]!, seconds);
      writer.put(ends[shard]!);
    } else if (result.status[i] === THROTTLED) {
      const text = throughputExceeded.shard(result.shards[shard]!.document.index, stream);
      writer.append(form.failed('ProvisionedThroughputExceededException', text));
    } else {
      writer.append(form.failed('InternalFailure', internalFailureEntry));
    }
  }
  writer.append(form.tail);
  return writer.finish();
}
