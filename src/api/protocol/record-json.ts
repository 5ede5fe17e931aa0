/**
 * A record as GetRecords and SubscribeToShard show it in JSON. What consecutive records have in
 * common is kept as a template, in which only the digits that differ are written anew.
 */
import { base64Length, encodeBase64Into } from '../../common/base64.ts';
import { readU32 } from '../../common/bytes.ts';
import type { Section } from '../../model/section.ts';
import { SEQUENCE_NUMBER_DIGITS, SequenceNumberWriter } from '../../model/sequence-number.ts';
import type { ShardDocument } from '../../model/stream.ts';
import { NO_RUN, storedRecords } from '../fast/stored-records.ts';
import type { RunProgress } from '../fast/stored-records.ts';
import { jsonSeconds } from './json.ts';
import type { RecordCursor, RecordForm } from './records-body.ts';

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

const START = ',{"SequenceNumber":"';
const KEY: Uint8Array = utf8.encode('","PartitionKey":"');
const ENCRYPTED: Uint8Array = utf8.encode('","EncryptionType":"KMS"}');
const PLAIN: Uint8Array = utf8.encode('"}');
/** `\u0000` for one byte is the most that escaping makes of a key. */
const ESCAPE_BYTES_MAX = 6;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** From so many records on a kernel is worth its call. */
const RUN_MIN = 3;
/** Larger records are as fast one by one. */
const RUN_DATA_BYTES_MAX = 16 * 1024;

export class JsonRecordForm implements RecordForm {
  readonly #shard: ShardDocument;
  readonly #numbers: SequenceNumberWriter;
  /** `,{"SequenceNumber":"…","ApproximateArrivalTimestamp":…,"Data":"` */
  #head: Uint8Array = new Uint8Array(0);
  #arrivalMs = -1;
  #seconds = 0;
  #last = PLAIN;
  /** The first record has no comma before it. */
  #measured = false;
  #written = false;
  /** A run has ended at a record that has to be written otherwise: no more of this section. */
  #hasStopped = false;

  constructor(shard: ShardDocument) {
    this.#shard = shard;
    this.#numbers = new SequenceNumberWriter(shard.createdSeconds, shard.index);
  }

  begin({ arrivalMs, keyId }: Section): void {
    this.#last = keyId === 0 ? PLAIN : ENCRYPTED;
    this.#hasStopped = false;
    if (arrivalMs === this.#arrivalMs) return;
    this.#arrivalMs = arrivalMs;
    this.#seconds = Math.floor(arrivalMs / 1000);
    const time = `","ApproximateArrivalTimestamp":${jsonSeconds(arrivalMs)},"Data":"`;
    this.#head = utf8.encode(START + '0'.repeat(SEQUENCE_NUMBER_DIGITS) + time);
  }

  writeRun(
    out: Uint8Array,
    at: number,
    payload: Uint8Array,
    from: number,
    count: number,
    ordinal: number,
  ): RunProgress {
    if (!this.#written || this.#hasStopped || count < RUN_MIN) return NO_RUN;
    if (readU32(payload, from) > RUN_DATA_BYTES_MAX) return NO_RUN;
    const { createdSeconds, index } = this.#shard;
    const run = {
      payload,
      at: from,
      count,
      ordinal,
      createdSeconds,
      shardIndex: index,
      recordSeconds: this.#seconds,
    };
    const template = { head: this.#head, numberAt: START.length, key: KEY, last: this.#last };
    const progress = storedRecords.write(template, run, out, at);
    this.#hasStopped = progress.isStopped;
    return progress;
  }

  measure(payload: Uint8Array, record: RecordCursor): number {
    const comma = this.#measured ? 0 : 1;
    this.#measured = true;
    const data = base64Length(record.end - record.dataStart);
    return this.#head.length - comma + data + this.tailBytes(payload, record);
  }

  bound(record: RecordCursor): number {
    const keyBytes = (record.dataStart - record.keyStart) * ESCAPE_BYTES_MAX;
    const data = base64Length(record.end - record.dataStart);
    return this.#head.length + data + KEY.length + keyBytes + this.#last.length;
  }

  headBytes(): number {
    return this.#head.length - (this.#written ? 0 : 1);
  }

  writeHead(out: Uint8Array, at: number, ordinal: number): number {
    const head = this.#head;
    this.#numbers.writeInto(head, START.length, ordinal, this.#seconds);
    if (this.#written) {
      out.set(head, at);
      return at + head.length;
    }
    this.#written = true;
    out.set(head.subarray(1), at);
    return at + head.length - 1;
  }

  writeData(out: Uint8Array, at: number, payload: Uint8Array, from: number, end: number): number {
    return at + encodeBase64Into(payload, from, end, out, at);
  }

  dataThatFits(room: number): number {
    return Math.floor(room / 4) * 3;
  }

  tailBytes(payload: Uint8Array, record: RecordCursor): number {
    const last = this.#last.length;
    if (!record.keyed) return last;
    return KEY.length + textBytes(payload, record.keyStart, record.dataStart) + last;
  }

  writeTail(out: Uint8Array, at: number, payload: Uint8Array, record: RecordCursor): number {
    let to = at;
    if (record.keyed) {
      out.set(KEY, to);
      to = writeText(out, to + KEY.length, payload, record.keyStart, record.dataStart);
    }
    out.set(this.#last, to);
    return to + this.#last.length;
  }
}

/** Bytes that UTF-8 takes in a JSON string. */
function textBytes(source: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (mustEscape(source[i]!)) return escaped(source, start, end).length;
  }
  return end - start;
}

/** Copies UTF-8 into a JSON string, escaped if need be. */
function writeText(
  out: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let to = at;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    if (mustEscape(byte)) {
      const text = escaped(source, start, end);
      out.set(text, at);
      return at + text.length;
    }
    out[to++] = byte;
  }
  return to;
}

function mustEscape(byte: number): boolean {
  return byte < SPACE || byte === QUOTE || byte === BACKSLASH;
}

function escaped(source: Uint8Array, start: number, end: number): Uint8Array {
  return utf8.encode(JSON.stringify(decoder.decode(source.subarray(start, end))).slice(1, -1));
}
