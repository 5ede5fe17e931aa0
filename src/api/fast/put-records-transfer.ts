/**
 * PutRecords decoded in one thread for another: what the scanner of JSON bodies makes, as bytes and
 * words in memory that both see.
 *
 * ```
 * bytes: packed records · stream name · stream ARN
 * words: count · bytes of records, name (+1, 0 where there is none) and ARN (likewise) ·
 *        offsets (count + 1) · hash keys (4 for each)
 * ```
 */
import { freshBuffers } from '../../common/buffer-pool.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import type { BodyHeaders, DecodeTarget } from '../../runtime/body-buffers.ts';
import { CONTENT_TYPE } from '../codec.ts';
import { scanPutRecordsJson } from './scan-put-records-json.ts';
import type { ScannedPutRecords } from './scan-put-records-json.ts';

const HEAD_WORDS = 4;

/** What PutRecords in JSON is called with. */
export function isPutRecordsJson(headers: BodyHeaders): boolean {
  return (
    headers['x-amz-target'] === 'Kinesis_20131202.PutRecords' &&
    headers['content-type'] === CONTENT_TYPE.json
  );
}

/** Decodes a body into `into`; false when it is not the plain case or there is no room. */
export function writePutRecords(body: Uint8Array, into: DecodeTarget): boolean {
  const { bytes, words } = into;
  const buffers: Buffers = {
    take: (length) => (length <= bytes.length ? bytes : freshBuffers.take(length)),
    give: () => undefined,
  };
  const scanned = scanPutRecordsJson(body, buffers);
  if (scanned === null || scanned.batch.packed.buffer !== bytes.buffer) return false;
  const { StreamName = null, StreamARN = null, batch } = scanned;
  const { count, packed, offsets, hashKeys } = batch;
  const text = (StreamName ?? '') + (StreamARN ?? '');
  const fits =
    packed.length + text.length <= bytes.length &&
    HEAD_WORDS + offsets.length + hashKeys.length <= words.length;
  if (!fits) return false;
  for (let i = 0; i < text.length; i++) bytes[packed.length + i] = text.charCodeAt(i);
  words[0] = count;
  words[1] = packed.length;
  words[2] = StreamName === null ? 0 : StreamName.length + 1;
  words[3] = StreamARN === null ? 0 : StreamARN.length + 1;
  words.set(offsets, HEAD_WORDS);
  words.set(hashKeys, HEAD_WORDS + offsets.length);
  return true;
}

/**
 * What `writePutRecords` wrote; good as long as that memory is. Only the records are copied, whole:
 * they are looked at and copied one by one from here on, which in shared memory is slow.
 */
export function readPutRecords(
  { bytes, words }: DecodeTarget,
  buffers: Buffers,
): ScannedPutRecords {
  const [count = 0, packedBytes = 0, nameWord = 0, arnWord = 0] = words;
  const nameEnd = packedBytes + Math.max(0, nameWord - 1);
  const hashKeysAt = HEAD_WORDS + count + 1;
  const packed = buffers.take(packedBytes);
  packed.set(bytes.subarray(0, packedBytes));
  return {
    ...(nameWord === 0 ? {} : { StreamName: asciiText(bytes, packedBytes, nameEnd) }),
    ...(arnWord === 0 ? {} : { StreamARN: asciiText(bytes, nameEnd, nameEnd + arnWord - 1) }),
    batch: {
      count,
      packed: packed.subarray(0, packedBytes),
      offsets: words.subarray(HEAD_WORDS, hashKeysAt),
      hashKeys: words.subarray(hashKeysAt, hashKeysAt + 4 * count),
      release: () => buffers.give(packed),
    },
  };
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
