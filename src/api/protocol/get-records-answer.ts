/**
 * The answer of GetRecords, written from stored sections into one buffer: base64 and sequence
 * numbers go straight to their place, no object per record exists.
 */
import { base64Length } from '../../common/base64.ts';
import { readU16, readU32 } from '../../common/bytes.ts';
import { flagNoPartitionKey, packedHeaderBytes } from '../../model/record-batch.ts';
import type { Section } from '../../model/section.ts';
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberWriter } from '../../model/sequence-number.ts';
import type { ShardDocument } from '../../model/stream.ts';
import { Timestamp } from '../operation.ts';
import { ByteWriter } from './byte-writer.ts';
import { CBOR_HEAD_BYTES_MAX, encodeCbor, writeCborHead } from './cbor.ts';
import { encodeJson, jsonSeconds } from './json.ts';

/** Records of a shard, and the members that follow them. */
export interface RecordsAnswer {
  readonly shard: ShardDocument;
  readonly sections: readonly Section[];
  readonly rest: object;
}

export interface GetRecordsAnswer extends RecordsAnswer {
  readonly rest: {
    readonly NextShardIterator: string | undefined;
    readonly MillisBehindLatest: number;
    readonly ChildShards: readonly object[] | undefined;
  };
}

/** Where a packed record begins and what is in it. */
interface Cursor {
  keyStart: number;
  dataStart: number;
  end: number;
  keyed: boolean;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

const JSON_HEAD: Uint8Array = utf8.encode('{"Records":[');
const JSON_START: Uint8Array = utf8.encode('{"SequenceNumber":"');
const JSON_KEY: Uint8Array = utf8.encode('","PartitionKey":"');
const JSON_ENCRYPTED: Uint8Array = utf8.encode('","EncryptionType":"KMS"}');
const JSON_PLAIN: Uint8Array = utf8.encode('"}');
const COMMA: Uint8Array = utf8.encode(',');
/** Bytes of a record in JSON besides its data and key. */
const JSON_RECORD_BYTES = 200;
/** `\u0000` for one byte is the most that escaping makes of a key. */
const JSON_ESCAPE = 6;

function open(payload: Uint8Array, at: number, cursor: Cursor): void {
  cursor.keyStart = at + packedHeaderBytes;
  cursor.dataStart = cursor.keyStart + readU16(payload, at + 4);
  cursor.end = cursor.dataStart + readU32(payload, at);
  cursor.keyed = (payload[at + 6]! & flagNoPartitionKey) === 0;
}

function newCursor(): Cursor {
  return { keyStart: 0, dataStart: 0, end: 0, keyed: false };
}

/** `{"Records":[…],…rest}`; at least one member of the rest must be there. */
export function encodeRecordsJson(answer: RecordsAnswer): readonly Uint8Array[] {
  const numbers = new SequenceNumberWriter(answer.shard.createdSeconds, answer.shard.index);
  let capacity = 1024;
  for (const { payload, count } of answer.sections) {
    capacity += base64Length(payload.length) + count * JSON_RECORD_BYTES;
  }
  const writer = new ByteWriter(capacity);
  writer.put(JSON_HEAD);
  let first = true;
  for (const section of answer.sections) {
    writeJsonSection(writer, numbers, section, first);
    if (section.count > 0) first = false;
  }
  const rest = encodeJson(answer.rest);
  writer.append(utf8.encode('],'));
  // Without its opening brace, the rest continues the object.
  writer.append(rest.subarray(1));
  return [writer.finish()];
}

function writeJsonSection(
  writer: ByteWriter,
  numbers: SequenceNumberWriter,
  section: Section,
  first: boolean,
): void {
  const { payload, arrivalMs, count, baseOrdinal, keyId } = section;
  const seconds = Math.floor(arrivalMs / 1000);
  const time = `","ApproximateArrivalTimestamp":${jsonSeconds(arrivalMs)},"Data":"`;
  const middle = utf8.encode(time);
  const last = keyId === 0 ? JSON_PLAIN : JSON_ENCRYPTED;
  const cursor = newCursor();
  let at = 0;
  for (let i = 0; i < count; i++, at = cursor.end) {
    open(payload, at, cursor);
    const keyBytes = cursor.dataStart - cursor.keyStart;
    const dataChars = base64Length(cursor.end - cursor.dataStart);
    writer.reserve(JSON_RECORD_BYTES + JSON_ESCAPE * keyBytes + dataChars);
    if (!first || i > 0) writer.put(COMMA);
    writer.put(JSON_START);
    writer.at = numbers.writeInto(writer.bytes, writer.at, baseOrdinal + i, seconds);
    writer.put(middle);
    writer.putBase64(payload, cursor.dataStart, cursor.end);
    if (cursor.keyed) {
      writer.put(JSON_KEY);
      putJsonText(writer, payload, cursor.keyStart, cursor.dataStart);
    }
    writer.put(last);
  }
}

/** Copies UTF-8 into a JSON string, escaped if need be; room must have been reserved. */
function putJsonText(writer: ByteWriter, source: Uint8Array, start: number, end: number): void {
  const { bytes } = writer;
  let to = writer.at;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) {
      const text = JSON.stringify(decoder.decode(source.subarray(start, end)));
      writer.put(utf8.encode(text.slice(1, -1)));
      return;
    }
    bytes[to++] = byte;
  }
  writer.at = to;
}

const CBOR_NUMBER: Uint8Array = utf8.encode('nSequenceNumber');
const CBOR_DATA: Uint8Array = utf8.encode('dData');
const CBOR_KEY: Uint8Array = utf8.encode('lPartitionKey');
const CBOR_ENCRYPTED: Uint8Array = encodeCbor({ EncryptionType: 'KMS' }).subarray(1);
/** Bytes of a record in CBOR besides its data and key. */
const CBOR_RECORD_BYTES = 180;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** The same in CBOR; the rest has at most 20 members. */
export function encodeRecordsCbor(answer: RecordsAnswer): readonly Uint8Array[] {
  const numbers = new SequenceNumberWriter(answer.shard.createdSeconds, answer.shard.index);
  let capacity = 1024;
  let count = 0;
  for (const section of answer.sections) {
    capacity += section.payload.length + section.count * CBOR_RECORD_BYTES;
    count += section.count;
  }
  const rest = encodeCbor(answer.rest);
  const writer = new ByteWriter(capacity + rest.length);
  // The head of a map this small is one byte; the list of records is one member more.
  writer.bytes[0] = rest[0]! + 1;
  writer.at = 1;
  writer.append(rest.subarray(1));
  writer.append(utf8.encode('gRecords'));
  writer.reserve(CBOR_HEAD_BYTES_MAX);
  writer.at = writeCborHead(writer.bytes, writer.at, ARRAY, count);
  for (const section of answer.sections) writeCborSection(writer, numbers, section);
  return [writer.finish()];
}

function writeCborSection(
  writer: ByteWriter,
  numbers: SequenceNumberWriter,
  section: Section,
): void {
  const { payload, arrivalMs, count, baseOrdinal, keyId } = section;
  const seconds = Math.floor(arrivalMs / 1000);
  const time = encodeCbor({ ApproximateArrivalTimestamp: new Timestamp(arrivalMs) }).subarray(1);
  const cursor = newCursor();
  let at = 0;
  for (let i = 0; i < count; i++, at = cursor.end) {
    open(payload, at, cursor);
    writer.reserve(CBOR_RECORD_BYTES + cursor.end - cursor.keyStart);
    const members = 3 + (cursor.keyed ? 1 : 0) + (keyId === 0 ? 0 : 1);
    writer.at = writeCborHead(writer.bytes, writer.at, MAP, members);
    writer.put(CBOR_NUMBER);
    writer.at = writeCborHead(writer.bytes, writer.at, TEXT, SEQUENCE_NUMBER_DIGITS);
    writer.at = numbers.writeInto(writer.bytes, writer.at, baseOrdinal + i, seconds);
    writer.put(time);
    writer.put(CBOR_DATA);
    writer.at = writeCborHead(writer.bytes, writer.at, BYTES, cursor.end - cursor.dataStart);
    writer.putRange(payload, cursor.dataStart, cursor.end);
    if (cursor.keyed) {
      writer.put(CBOR_KEY);
      const keyBytes = cursor.dataStart - cursor.keyStart;
      writer.at = writeCborHead(writer.bytes, writer.at, TEXT, keyBytes);
      writer.putRange(payload, cursor.keyStart, cursor.dataStart);
    }
    if (keyId !== 0) writer.put(CBOR_ENCRYPTED);
  }
}
