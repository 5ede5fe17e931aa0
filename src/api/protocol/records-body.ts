/**
 * A body that is a list of stored records with something before and after it, written straight from
 * stored sections: no object per record exists, and no more than a piece of the answer at a time.
 *
 * Lengths are found by looking at the records once before; a form must write exactly as many bytes
 * as it measured.
 */
import { assert } from '../../common/assert.ts';
import { readU16, readU32 } from '../../common/bytes.ts';
import { flagNoPartitionKey, packedHeaderBytes } from '../../model/record-batch.ts';
import type { Section } from '../../model/section.ts';
import type { RunProgress } from '../fast/stored-records.ts';
import { PacedBody, PIECE_BYTES_MIN } from '../paced-body.ts';

/** Where a packed record begins and what is in it. */
export class RecordCursor {
  keyStart = 0;
  dataStart = 0;
  end = 0;
  keyed = false;

  /** Goes to the record of `payload` that begins at `at`. */
  open(payload: Uint8Array, at: number): void {
    this.keyStart = at + packedHeaderBytes;
    this.dataStart = this.keyStart + readU16(payload, at + 4);
    this.end = this.dataStart + readU32(payload, at);
    this.keyed = (payload[at + 6]! & flagNoPartitionKey) === 0;
  }
}

/**
 * How a protocol writes a record: a head, its data, a tail. The methods that write give the offset
 * behind what they wrote and need room for it; head and tail together take less than a piece.
 */
export interface RecordForm {
  /** The next records are of this section. */
  begin(section: Section): void;
  /**
   * Writes records from `payload[from, …)` on, the first one number `ordinal`, as many of `count`
   * as it can at once: perhaps none. They are whole.
   */
  writeRun(
    out: Uint8Array,
    at: number,
    payload: Uint8Array,
    from: number,
    count: number,
    ordinal: number,
  ): RunProgress;
  /** Exact bytes of a record of the section last begun. */
  measure(payload: Uint8Array, record: RecordCursor): number;
  /** At most so many bytes, found without looking at the record's key. */
  bound(record: RecordCursor): number;
  headBytes(record: RecordCursor): number;
  writeHead(out: Uint8Array, at: number, ordinal: number, record: RecordCursor): number;
  /** Writes `payload[from, …)` up to the record's end or as far as there is room. */
  writeData(out: Uint8Array, at: number, payload: Uint8Array, from: number, end: number): number;
  /** Bytes of data that `writeData` puts into `room` bytes of a record that has more. */
  dataThatFits(room: number): number;
  tailBytes(payload: Uint8Array, record: RecordCursor): number;
  writeTail(out: Uint8Array, at: number, payload: Uint8Array, record: RecordCursor): number;
}

export interface RecordsBodyParts {
  readonly prefix: Uint8Array;
  readonly sections: readonly Section[];
  readonly form: RecordForm;
  readonly suffix: Uint8Array;
  /** Gives the sections back; their payloads are not looked at afterwards. */
  readonly release: (() => void) | undefined;
}

/** How far the record that did not fit into one piece has been written. */
type Stage = 'none' | 'data' | 'tail';

export class RecordsBody extends PacedBody {
  readonly length: number;
  readonly #form: RecordForm;
  readonly #prefix: Uint8Array;
  readonly #suffix: Uint8Array;
  #sections: readonly Section[];
  #release: (() => void) | undefined;
  #released = false;
  #prefixAt = 0;
  #suffixAt = 0;
  /** The section being written, and the next record in it: its number and offset. */
  #section = 0;
  #record = 0;
  #recordAt = 0;
  readonly #cursor = new RecordCursor();
  #stage: Stage = 'none';
  /** Next byte of data of the record under way. */
  #dataAt = 0;

  constructor(parts: RecordsBodyParts) {
    super();
    this.#form = parts.form;
    this.#prefix = parts.prefix;
    this.#suffix = parts.suffix;
    this.#sections = parts.sections;
    this.#release = parts.release;
    this.length = parts.prefix.length + this.#measure() + parts.suffix.length;
    this.#begin(0);
  }

  fill(out: Uint8Array): number {
    assert(!this.#released, 'records body: written after it was released');
    let at = 0;
    if (this.#prefixAt < this.#prefix.length) {
      const part = this.#prefix.subarray(this.#prefixAt, this.#prefixAt + out.length);
      out.set(part);
      this.#prefixAt += part.length;
      at = part.length;
    }
    if (this.#prefixAt < this.#prefix.length) return at;
    at = this.#fillRecords(out, at);
    if (this.#section < this.#sections.length) return at;
    const part = this.#suffix.subarray(this.#suffixAt, this.#suffixAt + out.length - at);
    out.set(part, at);
    this.#suffixAt += part.length;
    return at + part.length;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    const release = this.#release;
    this.#release = undefined;
    this.#sections = [];
    release?.();
  }

  #measure(): number {
    const form = this.#form;
    const cursor = this.#cursor;
    let bytes = 0;
    for (const section of this.#sections) {
      const { payload, count } = section;
      form.begin(section);
      let at = 0;
      for (let i = 0; i < count; i++, at = cursor.end) {
        cursor.open(payload, at);
        bytes += form.measure(payload, cursor);
      }
    }
    return bytes;
  }

  /** Goes to the first record at or after the start of section `index`. */
  #begin(index: number): void {
    let at = index;
    while (at < this.#sections.length && this.#sections[at]!.count === 0) at++;
    this.#section = at;
    this.#record = 0;
    this.#recordAt = 0;
    const section = this.#sections[at];
    if (section !== undefined) this.#form.begin(section);
  }

  /** Writes whole records as long as they fit, and parts of one that is larger than a piece. */
  #fillRecords(out: Uint8Array, from: number): number {
    const form = this.#form;
    const cursor = this.#cursor;
    let at = from;
    while (this.#section < this.#sections.length) {
      const { payload, count, baseOrdinal } = this.#sections[this.#section]!;
      let record = this.#record;
      let recordAt = this.#recordAt;
      while (record < count && this.#stage === 'none') {
        const run = form.writeRun(out, at, payload, recordAt, count - record, baseOrdinal + record);
        at += run.bytes;
        recordAt += run.payloadBytes;
        record += run.count;
        if (record === count) break;
        cursor.open(payload, recordAt);
        if (form.bound(cursor) > out.length - at) break;
        at = form.writeHead(out, at, baseOrdinal + record, cursor);
        at = form.writeData(out, at, payload, cursor.dataStart, cursor.end);
        at = form.writeTail(out, at, payload, cursor);
        recordAt = cursor.end;
        record++;
      }
      this.#record = record;
      this.#recordAt = recordAt;
      if (record < count) {
        // A fresh piece may have room for what this one has not.
        if (at > from && out.length - at < PIECE_BYTES_MIN) return at;
        at = this.#fillPart(out, at);
        if (this.#stage !== 'none' || at === from) return at;
        continue;
      }
      this.#begin(this.#section + 1);
    }
    return at;
  }

  /** Writes as much of the next record as there is room for. */
  #fillPart(out: Uint8Array, from: number): number {
    const form = this.#form;
    const cursor = this.#cursor;
    const { payload, baseOrdinal } = this.#sections[this.#section]!;
    let at = from;
    cursor.open(payload, this.#recordAt);
    if (this.#stage === 'none') {
      if (form.headBytes(cursor) > out.length - at) return at;
      at = form.writeHead(out, at, baseOrdinal + this.#record, cursor);
      this.#stage = 'data';
      this.#dataAt = cursor.dataStart;
    }
    if (this.#stage === 'data') {
      const fits = form.dataThatFits(out.length - at);
      const end = Math.min(cursor.end, this.#dataAt + fits);
      at = form.writeData(out, at, payload, this.#dataAt, end);
      this.#dataAt = end;
      if (end < cursor.end) return at;
      this.#stage = 'tail';
    }
    if (form.tailBytes(payload, cursor) > out.length - at) return at;
    at = form.writeTail(out, at, payload, cursor);
    this.#stage = 'none';
    this.#record++;
    this.#recordAt = cursor.end;
    return at;
  }
}
