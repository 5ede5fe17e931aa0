/**
 * The answer of PutRecords, written without an object or text per record or shard: every entry of a
 * stored record is a copy of one template, in which digits are put in their places.
 */
import { internalFailureEntry, throughputExceeded, type StreamRef } from '../../model/messages.ts';
import { SEQUENCE_NUMBER_DIGITS } from '../../model/sequence-number.ts';
import { shardId } from '../../model/shard-id.ts';
import { concat } from '../../common/bytes.ts';
import { storedEntries } from '../fast/stored-entries.ts';
import type { EntryTemplate } from '../fast/stored-entries.ts';
import { PacedBody } from '../paced-body.ts';
import type { AppendResult } from '../ports.ts';
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
  const { count } = result;
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

export function encodePutRecordsJson(answer: PutRecordsAnswer): PacedBody {
  return new PutRecordsBody(answer, jsonForm(answer.result));
}

export function encodePutRecordsCbor(answer: PutRecordsAnswer): PacedBody {
  return new PutRecordsBody(answer, cborForm(answer.result));
}

/** Written when and where it is sent: a buffer for each answer would keep the collector busy. */
class PutRecordsBody extends PacedBody {
  readonly length: number;
  readonly #form: Form;
  readonly #stream: StreamRef;
  readonly #result: AppendResult;
  /** By record, of those that were not stored. */
  readonly #failed: Uint8Array[] = [];
  #next = 0;
  #isReleased = false;

  constructor({ stream, result }: PutRecordsAnswer, form: Form) {
    super();
    this.#form = form;
    this.#stream = stream;
    this.#result = result;
    this.length = form.head.length + this.#measure() + form.tail.length;
  }

  fill(out: Uint8Array): number {
    const { head, tail, separator } = this.#form;
    const { count } = this.#result;
    // The last separator gives way to what ends the list, for which there is room in every piece.
    const end = out.length - (tail.length - separator.length);
    let at = 0;
    if (this.#next === 0) {
      out.set(head);
      at = head.length;
    }
    while (this.#next < count) {
      const bytes = this.#fillStored(out, at, end) || this.#fillFailed(out, at, end);
      if (bytes === 0) return at;
      at += bytes;
    }
    at -= separator.length;
    out.set(tail, at);
    return at + tail.length;
  }

  /** Writes entries up to one that was not stored, as many as there is room for; their bytes. */
  #fillStored(out: Uint8Array, start: number, end: number): number {
    const { count, status } = this.#result;
    const { entry } = this.#form;
    const first = this.#next;
    const fitting = Math.min(count, first + Math.floor((end - start) / entry.bytes.length));
    while (this.#next < fitting && status[this.#next] === STORED) this.#next += 1;
    if (this.#next === first) return 0;
    storedEntries.write(entry, this.#result, first, this.#next, out, start);
    return (this.#next - first) * entry.bytes.length;
  }

  /** Writes an entry of a record that was not stored, if there is one and has room; its bytes. */
  #fillFailed(out: Uint8Array, at: number, end: number): number {
    const bytes = this.#failed[this.#next];
    if (bytes === undefined || at + bytes.length > end) return 0;
    out.set(bytes, at);
    this.#next += 1;
    return bytes.length;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#result.release?.();
  }

  /** Bytes of all entries; makes those of records that were not stored. */
  #measure(): number {
    const { count, status } = this.#result;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const isStored = status[i] === STORED;
      bytes += (isStored ? this.#form.entry.bytes : (this.#failed[i] = this.#failure(i))).length;
    }
    return bytes - this.#form.separator.length;
  }

  /** The entry of a record that was not stored, and a separator. */
  #failure(i: number): Uint8Array {
    const { failed, separator } = this.#form;
    if (this.#result.status[i] !== THROTTLED) {
      return concat([failed('InternalFailure', internalFailureEntry), separator]);
    }
    const text = throughputExceeded.shard(this.#result.shardIndexes[i]!, this.#stream);
    return concat([failed('ProvisionedThroughputExceededException', text), separator]);
  }
}
