/** One record as the user gives it, made into a request entry. */
import type { PutEntry } from '../client/operation-types.ts';
import { base64DecodedLength, decodeBase64Into } from '../common/base64.ts';
import { utf8Length } from '../common/bytes.ts';
import type { Random } from '../runtime/random.ts';

export interface EntryFlags {
  /** Without one every record gets a random key of its own. */
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  /** The given bytes are base64 of the data. */
  readonly base64?: boolean;
}

/** Long enough that random keys spread evenly over any number of shards. */
const randomKeyBytes = 8;

/** Null when the given bytes are not the base64 they should be. */
export function makeEntry(given: Uint8Array, flags: EntryFlags, random: Random): PutEntry | null {
  if (flags.base64 === true && !isBase64(given)) return null;
  const text = Buffer.from(given.buffer, given.byteOffset, given.length);
  const entry: PutEntry = {
    Data: text.toString(flags.base64 === true ? 'latin1' : 'base64'),
    PartitionKey: flags.partitionKey ?? Buffer.from(random.bytes(randomKeyBytes)).toString('hex'),
  };
  const { explicitHashKey } = flags;
  return explicitHashKey === undefined ? entry : { ...entry, ExplicitHashKey: explicitHashKey };
}

/** Bytes of data and partition key, as the service counts them. */
export function entryBytes(entry: PutEntry): number {
  return Buffer.byteLength(entry.Data, 'base64') + utf8Length(entry.PartitionKey);
}

function isBase64(text: Uint8Array): boolean {
  const length = base64DecodedLength(text, 0, text.length);
  if (length < 0) return false;
  return decodeBase64Into(text, 0, text.length, new Uint8Array(length), 0) === length;
}
