/**
 * The answer of GetRecords, and the records of an event of SubscribeToShard.
 */
import type { Section } from '../../model/section.ts';
import type { ShardDocument } from '../../model/stream.ts';
import type { PacedBody } from '../paced-body.ts';
import { CBOR_HEAD_BYTES_MAX, encodeCbor, writeCborHead } from './cbor.ts';
import { encodeJson } from './json.ts';
import { CborRecordForm } from './record-cbor.ts';
import { JsonRecordForm } from './record-json.ts';
import { RecordsBody } from './records-body.ts';

/** Records of a shard, and the members that follow them. */
export interface RecordsAnswer {
  readonly shard: ShardDocument;
  readonly sections: readonly Section[];
  readonly rest: object;
  /** Where it is given, the sections are lent: called when they are not looked at any more. */
  readonly release?: (() => void) | undefined;
}

export interface GetRecordsAnswer extends RecordsAnswer {
  readonly rest: {
    readonly NextShardIterator: string | undefined;
    readonly MillisBehindLatest: number;
    readonly ChildShards: readonly object[] | undefined;
  };
}

const utf8 = new TextEncoder();
const JSON_PREFIX: Uint8Array = utf8.encode('{"Records":[');
const CBOR_RECORDS: Uint8Array = utf8.encode('gRecords');
const CBOR_ARRAY = 4;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;

/** `{"Records":[…],…rest}`; at least one member of the rest must be there. */
export function encodeRecordsJson(answer: RecordsAnswer): PacedBody {
  const { sections, release } = answer;
  const rest = encodeJson(answer.rest);
  // Without its opening brace, the rest continues the object.
  const suffix = new Uint8Array(rest.length + 1);
  suffix.set(rest, 1);
  suffix[0] = CLOSING_BRACKET;
  suffix[1] = COMMA;
  const form = new JsonRecordForm(answer.shard);
  return new RecordsBody({ prefix: JSON_PREFIX, sections, form, suffix, release });
}

/** The same in CBOR; the rest has at most 20 members. */
export function encodeRecordsCbor(answer: RecordsAnswer): PacedBody {
  const { sections, release } = answer;
  let count = 0;
  for (const section of sections) count += section.count;
  const rest = encodeCbor(answer.rest);
  const prefix = new Uint8Array(rest.length + CBOR_RECORDS.length + CBOR_HEAD_BYTES_MAX);
  prefix.set(rest);
  // The head of a map this small is one byte; the list of records is one member more.
  prefix[0] = rest[0]! + 1;
  prefix.set(CBOR_RECORDS, rest.length);
  const end = writeCborHead(prefix, rest.length + CBOR_RECORDS.length, CBOR_ARRAY, count);
  const form = new CborRecordForm(answer.shard);
  const suffix = new Uint8Array(0);
  return new RecordsBody({ prefix: prefix.subarray(0, end), sections, form, suffix, release });
}
