/**
 * A record as GetRecords shows it in CBOR, from a template as in `record-json.ts`.
 */
import type { Section } from '../../model/section.ts';
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberWriter } from '../../model/sequence-number.ts';
import type { ShardDocument } from '../../model/stream.ts';
import { Timestamp } from '../operation.ts';
import { CBOR_HEAD_BYTES_MAX, encodeCbor, writeCborHead } from './cbor.ts';
import { NO_RUN } from '../fast/stored-records.ts';
import type { RunProgress } from '../fast/stored-records.ts';
import type { RecordCursor, RecordForm } from './records-body.ts';

const utf8 = new TextEncoder();

const BYTES = 2;
const TEXT = 3;
/** A map's head of up to 23 members. */
const SMALL_MAP = 0xa0;
const KEY: Uint8Array = utf8.encode('lPartitionKey');
const ENCRYPTED: Uint8Array = encodeCbor({ EncryptionType: 'KMS' }).subarray(1);
/** The template's map head, the name of the number, and the number's head. */
const START: Uint8Array = Uint8Array.of(
  SMALL_MAP,
  ...utf8.encode('nSequenceNumber'),
  0x78,
  SEQUENCE_NUMBER_DIGITS,
);
const DATA: Uint8Array = utf8.encode('dData');

export class CborRecordForm implements RecordForm {
  readonly #numbers: SequenceNumberWriter;
  readonly #scratch = new Uint8Array(CBOR_HEAD_BYTES_MAX);
  #head: Uint8Array = new Uint8Array(0);
  #arrivalMs = -1;
  #seconds = 0;
  #encrypted = false;

  constructor(shard: ShardDocument) {
    this.#numbers = new SequenceNumberWriter(shard.createdSeconds, shard.index);
  }

  begin({ arrivalMs, keyId }: Section): void {
    this.#encrypted = keyId !== 0;
    if (arrivalMs === this.#arrivalMs) return;
    this.#arrivalMs = arrivalMs;
    this.#seconds = Math.floor(arrivalMs / 1000);
    const time = encodeCbor({ ApproximateArrivalTimestamp: new Timestamp(arrivalMs) }).subarray(1);
    const head = new Uint8Array(START.length + SEQUENCE_NUMBER_DIGITS + time.length + DATA.length);
    head.set(START);
    head.set(time, START.length + SEQUENCE_NUMBER_DIGITS);
    head.set(DATA, head.length - DATA.length);
    this.#head = head;
  }

  writeRun(): RunProgress {
    return NO_RUN;
  }

  measure(payload: Uint8Array, record: RecordCursor): number {
    return this.headBytes(record) + record.end - record.dataStart + this.tailBytes(payload, record);
  }

  bound(record: RecordCursor): number {
    const heads = 2 * CBOR_HEAD_BYTES_MAX + KEY.length + ENCRYPTED.length;
    return this.#head.length + record.end - record.keyStart + heads;
  }

  headBytes(record: RecordCursor): number {
    return this.#head.length + this.#headOf(BYTES, record.end - record.dataStart);
  }

  writeHead(out: Uint8Array, at: number, ordinal: number, record: RecordCursor): number {
    const head = this.#head;
    head[0] = SMALL_MAP + 3 + (record.keyed ? 1 : 0) + (this.#encrypted ? 1 : 0);
    this.#numbers.writeInto(head, START.length, ordinal, this.#seconds);
    out.set(head, at);
    return writeCborHead(out, at + head.length, BYTES, record.end - record.dataStart);
  }

  writeData(out: Uint8Array, at: number, payload: Uint8Array, from: number, end: number): number {
    out.set(payload.subarray(from, end), at);
    return at + end - from;
  }

  dataThatFits(room: number): number {
    return room;
  }

  tailBytes(_payload: Uint8Array, record: RecordCursor): number {
    const encrypted = this.#encrypted ? ENCRYPTED.length : 0;
    if (!record.keyed) return encrypted;
    const keyBytes = record.dataStart - record.keyStart;
    return KEY.length + this.#headOf(TEXT, keyBytes) + keyBytes + encrypted;
  }

  writeTail(out: Uint8Array, at: number, payload: Uint8Array, record: RecordCursor): number {
    let to = at;
    if (record.keyed) {
      out.set(KEY, to);
      to = writeCborHead(out, to + KEY.length, TEXT, record.dataStart - record.keyStart);
      for (let i = record.keyStart; i < record.dataStart; i++) out[to++] = payload[i]!;
    }
    if (this.#encrypted) {
      out.set(ENCRYPTED, to);
      to += ENCRYPTED.length;
    }
    return to;
  }

  /** Bytes of a head with this argument. */
  #headOf(major: number, argument: number): number {
    return writeCborHead(this.#scratch, 0, major, argument);
  }
}
