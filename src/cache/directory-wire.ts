/**
 * Directory entries as message bodies: a checksum and the entry as JSON. A flipped bit is noticed
 * (I20) before anything of an entry is believed.
 *
 * The kinds of the directory are 32 to 47. Never renumber.
 */
import { crc32 } from '../common/crc32.ts';
import { MessageError } from '../common/message-reader.ts';
import type { MessageReader } from '../common/message-reader.ts';
import type { MessageWriter } from '../common/message-writer.ts';
import type { DirectoryEntry } from '../model/directory.ts';

export const directoryKinds = {
  /** To the replica. */
  entry: 32,
  /** The first copy is complete. */
  complete: 33,
  /** To the feed: all up to this number is in force. */
  applied: 34,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of an entry, to be sent to any number of replicas. */
export function encodeEntry(entry: DirectoryEntry): Uint8Array {
  return encoder.encode(JSON.stringify(entry));
}

export function writeEntry(writer: MessageWriter, number: number, bytes: Uint8Array): void {
  writer.number(number);
  writer.u32(crc32(bytes));
  writer.payload(bytes);
}

export function readEntry(body: MessageReader): { number: number; entry: DirectoryEntry } {
  const number = body.whole();
  const crc = body.u32();
  const bytes = body.payload();
  body.end();
  if (crc32(bytes) !== crc) throw new MessageError('a directory entry is damaged');
  try {
    return { number, entry: JSON.parse(decoder.decode(bytes)) as DirectoryEntry };
  } catch (error) {
    throw new MessageError(`a directory entry cannot be read: ${String(error)}`);
  }
}
