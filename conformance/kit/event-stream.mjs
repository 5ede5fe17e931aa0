// @ts-check
// Messages of an event stream, cut out of a body that arrives in pieces; every checksum is checked.
import { crc32 } from 'node:zlib';

/**
 * @typedef {object} Message
 * @property {Record<string, string>} headers
 * @property {Buffer} payload
 */

export class MessageReader {
  #rest = Buffer.alloc(0);

  /**
   * @param {Buffer} bytes the next piece
   * @returns {Message[]} messages that are complete now
   * @throws when the bytes are not the framing
   */
  push(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    /** @type {Message[]} */
    const messages = [];
    while (this.#rest.length >= 16) {
      const length = this.#rest.readUInt32BE(0);
      if (length < 16 || length > 32 * 1024 * 1024) throw new Error(`message length ${length}`);
      if (this.#rest.length < length) break;
      messages.push(decodeMessage(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return messages;
  }

  /** Bytes of a message that is not complete. */
  get pending() {
    return this.#rest.length;
  }
}

/**
 * @param {Buffer} bytes one whole message
 * @returns {Message}
 */
function decodeMessage(bytes) {
  const headersLength = bytes.readUInt32BE(4);
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw new Error('prelude checksum');
  const body = bytes.subarray(0, bytes.length - 4);
  if (crc32(body) !== bytes.readUInt32BE(body.length)) throw new Error('message checksum');
  const end = 12 + headersLength;
  /** @type {Record<string, string>} */
  const headers = {};
  for (let at = 12; at < end;) {
    const nameLength = bytes.readUInt8(at);
    const name = bytes.toString('utf8', at + 1, at + 1 + nameLength);
    at += 1 + nameLength;
    if (bytes.readUInt8(at) !== 7) throw new Error(`header ${name} is no string`);
    const length = bytes.readUInt16BE(at + 1);
    headers[name] = bytes.toString('utf8', at + 3, at + 3 + length);
    at += 3 + length;
  }
  return { headers, payload: Buffer.from(body.subarray(end)) };
}
