/**
 * Bodies of PutRecords requests, in JSON and in CBOR, decoded into packed records: one pass over
 * the bytes with sixteen of them at a time where that is possible, then the MD5 of four keys at a
 * time. AssemblyScript, compiled to WebAssembly by `build.mjs`.
 *
 * Both decoders take only what needs no thought: no escapes, no duplicate or unknown members, ASCII
 * keys, base64 without a fault. For anything else they answer 0 and write nothing that matters; the
 * general decoder decides then.
 *
 * ```
 * bytes: packed records · stream name · stream ARN
 * words: count · bytes of records, name (+1, 0 where there is none) and ARN (likewise) ·
 *        offsets (501) · hash keys (500 times 4) · whether there are CRCs, and these (1 + 500) ·
 *        scratch, from word 3072 on
 * ```
 *
 * Memory is shared by threads: nothing here writes outside of what a call is given, and the globals
 * are each instance's own. Up to 300 bytes behind the packed records may be written, and up to 16
 * behind the body are read.
 */
import * as cbor from './cbor';
import * as json from './json';
import { finish, sumRecords } from './packing';

/** Decodes `bytes` bytes of JSON at `body`; gives the number of records. */
export function putRecordsJson(body: usize, bytes: usize, into: usize, words: usize): u32 {
  return json.decode(body, bytes, into, words) ? finish() : 0;
}

/** Decodes `bytes` bytes of CBOR at `body`; gives the number of records. */
export function putRecordsCbor(body: usize, bytes: usize, into: usize, words: usize): u32 {
  return cbor.decode(body, bytes, into, words) ? finish() : 0;
}

/** Takes the CRC-32 of every record of what was decoded last to these places. */
export function takeSums(into: usize, words: usize): void {
  sumRecords(into, words);
}

/** Copies bytes; the two places may overlap. */
export function copy(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
