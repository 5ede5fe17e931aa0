/**
 * Event-stream messages (`application/vnd.amazon.eventstream`), sending side. All integers are
 * big-endian; the checksums are CRC-32 as zlib has it.
 *
 * ```
 *  | total u32 | headers length u32 | crc of these 8 | headers | payload | crc of all before |
 *  a header: | name length u8 | name | type u8 = 7 | value length u16 | value |
 * ```
 *
 * Messages are written here rather than by a library because an event of a megabyte is checksummed
 * on the hot path of every subscription; tests read them back with a library.
 */
import { assert } from '../../common/assert.ts';
import { crc32 } from '../../common/crc32.ts';

const preludeBytes = 12;
const trailerBytes = 4;
const stringType = 7;
/** Longest payload a receiver must accept. */
const payloadBytesMax = 24 * 1024 * 1024;

const utf8 = new TextEncoder();

/** The headers of one kind of message, encoded once. */
export type EncodedHeaders = Uint8Array;

/** Encodes string headers in the order given. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): EncodedHeaders {
  const parts: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const nameBytes = utf8.encode(name);
    const valueBytes = utf8.encode(value);
    assert(nameBytes.length <= 0xff && valueBytes.length <= 0x7fff, 'event stream: long header');
    parts.push(nameBytes.length, ...nameBytes, stringType);
    parts.push(valueBytes.length >> 8, valueBytes.length & 0xff, ...valueBytes);
  }
  return Uint8Array.from(parts);
}

/** One message; `payload` is given in parts. */
export function encodeMessage(headers: EncodedHeaders, payload: readonly Uint8Array[]): Uint8Array {
  const payloadBytes = payload.reduce((sum, part) => sum + part.length, 0);
  assert(payloadBytes <= payloadBytesMax, 'event stream: payload too long');
  const total = preludeBytes + headers.length + payloadBytes + trailerBytes;
  const message = Buffer.allocUnsafeSlow(total);
  message.writeUInt32BE(total, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.set(headers, preludeBytes);
  let at = preludeBytes + headers.length;
  for (const part of payload) {
    message.set(part, at);
    at += part.length;
  }
  message.writeUInt32BE(crc32(message.subarray(0, at)), at);
  return message;
}

const eventHeaders = (type: string): EncodedHeaders =>
  encodeHeaders({
    ':event-type': type,
    ':content-type': 'application/json',
    ':message-type': 'event',
  });

/** What every event stream begins with. */
export const initialResponse: Uint8Array = encodeMessage(eventHeaders('initial-response'), [
  utf8.encode('{}'),
]);

const subscribeToShardEvent = eventHeaders('SubscribeToShardEvent');

/** A SubscribeToShardEvent with this JSON. */
export function encodeEvent(json: readonly Uint8Array[]): Uint8Array {
  return encodeMessage(subscribeToShardEvent, json);
}

/** A modelled error within the stream; `type` is the member's name. */
export function encodeException(type: string, text: string): Uint8Array {
  const headers = encodeHeaders({
    ':exception-type': type,
    ':content-type': 'application/json',
    ':message-type': 'exception',
  });
  return encodeMessage(headers, [utf8.encode(JSON.stringify({ message: text }))]);
}
