/**
 * Appends whose records stay where the front end has decoded them, in memory that the back end sees
 * too, as message bodies; see `wire.ts`.
 */
import { MessageError } from '../common/message-reader.ts';
import type { MessageReader } from '../common/message-reader.ts';
import type { MessageWriter } from '../common/message-writer.ts';
import type { ShardAppends } from '../model/data-plane.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { KernelResult } from '../runtime/body-buffers.ts';
import type { Loan } from '../runtime/shown-bodies.ts';
import { readShards, writeShards } from './wire.ts';

const WORD_BYTES = 4;

/** `packed` is what is lent, from its start on; `offsets` lie among the words that belong to it. */
export function writeLentAppends(writer: MessageWriter, appends: ShardAppends, loan: Loan): void {
  const { records, packed, offsets } = appends;
  writeShards(writer, appends);
  writer.u32(loan.slot);
  writer.u32(loan.number);
  writer.u32(packed.length);
  writer.u32(offsets.byteOffset);
  writer.u32(offsets.length);
  writer.u8(records === null ? 0 : 1);
  if (records !== null) writer.payload(bytesOf(records));
}

/** What `writeLentAppends` wrote; the records are still to be borrowed. */
export interface LentAppends extends Pick<ShardAppends, 'count' | 'shards' | 'firsts' | 'records'> {
  readonly loan: Loan;
  readonly packedBytes: number;
  /** Address in the memory. */
  readonly offsetsAt: number;
  readonly offsetsCount: number;
}

export function readLentAppends(body: MessageReader): LentAppends {
  const given = readShards(body);
  const loan = { slot: body.u32(), number: body.u32() };
  const packedBytes = body.u32();
  const offsetsAt = body.u32();
  const offsetsCount = body.u32();
  const records = body.flag() ? recordNumbers(body.payload()) : null;
  body.end();
  const places = given.firsts[given.count]!;
  const known = offsetsCount - 1;
  const isKnown =
    records === null
      ? places <= known
      : records.length === places && records.every((record) => record < known);
  if (!isKnown) throw new MessageError('records that are not among those lent');
  return { ...given, records, loan, packedBytes, offsetsAt, offsetsCount };
}

/**
 * The appends, with their records where they lie; throws MessageError where that is outside of what
 * is lent. Good until that is given back.
 */
export function borrowedAppends(lent: LentAppends, borrowed: KernelResult): ShardAppends {
  const { count, shards, firsts, records, packedBytes } = lent;
  const { bytes, words, gather } = borrowed;
  const from = (lent.offsetsAt - words.byteOffset) / WORD_BYTES;
  const end = from + lent.offsetsCount;
  if (packedBytes > bytes.length || !Number.isInteger(from) || from < 0 || end > words.length) {
    throw new MessageError('records outside of what was lent');
  }
  const offsets = words.slice(from, end);
  checkOffsets(offsets, packedBytes);
  const packed = bytes.subarray(0, packedBytes);
  return { count, shards, firsts, records, packed, gather, offsets };
}

/** Each record is as long as its header at least, and all lie within `bytes`. */
function checkOffsets(offsets: Uint32Array, bytes: number): void {
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! < offsets[i - 1]! + packedHeaderBytes) {
      throw new MessageError('offsets that are not those of records');
    }
  }
  if (offsets.at(-1)! > bytes) throw new MessageError('records beyond what was lent');
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function recordNumbers(bytes: Uint8Array): Uint32Array {
  if (bytes.length % WORD_BYTES !== 0) throw new MessageError('not whole numbers of records');
  const numbers = new Uint32Array(bytes.length / WORD_BYTES);
  bytesOf(numbers).set(bytes);
  return numbers;
}
