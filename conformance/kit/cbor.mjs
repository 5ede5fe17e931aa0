// @ts-check
// CBOR as the service speaks it: instants are tag 1 with integer epoch milliseconds. Written from
// the format's description, not with the server's codec, so that the two check each other.

/** An instant in requests and in CBOR answers. */
export class Instant {
  /** @param {number} ms epoch milliseconds */
  constructor(ms) {
    this.ms = ms;
  }
}

/**
 * @param {unknown} value plain values, Uint8Array, Instant; undefined members are left out
 * @param {{ indefinite?: boolean }} [options] write maps and lists with indefinite length
 * @returns {Buffer}
 */
export function encodeCbor(value, options = {}) {
  /** @type {Buffer[]} */
  const parts = [];
  write(parts, value, options.indefinite === true);
  return Buffer.concat(parts);
}

/**
 * @param {number} major
 * @param {number} argument
 * @returns {Buffer}
 */
function head(major, argument) {
  const type = major << 5;
  if (argument < 24) return Buffer.of(type | argument);
  if (argument < 0x100) return Buffer.of(type | 24, argument);
  const bytes = Buffer.alloc(argument < 0x10000 ? 3 : argument < 2 ** 32 ? 5 : 9);
  if (bytes.length === 3) bytes.writeUInt16BE(argument, 1);
  else if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  bytes[0] = type | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  return bytes;
}

/**
 * @param {Buffer[]} parts
 * @param {any} value
 * @param {boolean} indefinite
 */
function write(parts, value, indefinite) {
  if (value === null) parts.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    parts.push(head(3, text.length), text);
  } else if (typeof value === 'number') writeNumber(parts, value);
  else if (value instanceof Instant) {
    parts.push(head(6, 1));
    writeNumber(parts, value.ms);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), Buffer.from(value));
  else if (Array.isArray(value)) {
    parts.push(indefinite ? Buffer.of(0x9f) : head(4, value.length));
    for (const item of value) write(parts, item, indefinite);
    if (indefinite) parts.push(Buffer.of(0xff));
  } else {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    parts.push(indefinite ? Buffer.of(0xbf) : head(5, members.length));
    for (const [name, member] of members) {
      write(parts, name, indefinite);
      write(parts, member, indefinite);
    }
    if (indefinite) parts.push(Buffer.of(0xff));
  }
}

/**
 * @param {Buffer[]} parts
 * @param {number} value
 */
function writeNumber(parts, value) {
  if (Number.isSafeInteger(value)) {
    parts.push(value < 0 ? head(1, -1 - value) : head(0, value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  parts.push(bytes);
}

/**
 * @param {Buffer} bytes exactly one item
 * @returns {any}
 * @throws when it is not well-formed, or something follows
 */
export function decodeCbor(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new Error('bytes after the CBOR item');
  return value;
}

class Reader {
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @returns {any} */
  value() {
    const first = this.bytes.readUInt8(this.at++);
    const major = first >> 5;
    const info = first & 31;
    if (major === 7) return this.simple(info);
    if (info === 31) return this.indefinite(major);
    const argument = this.argument(info);
    if (major === 0) return argument;
    if (major === 1) return -1 - argument;
    if (major === 2) return this.take(argument);
    if (major === 3) return this.take(argument).toString('utf8');
    if (major === 4) return Array.from({ length: argument }, () => this.value());
    if (major === 5) {
      return Object.fromEntries(
        Array.from({ length: argument }, () => [this.value(), this.value()]),
      );
    }
    const tagged = this.value();
    if (argument !== 1) return tagged;
    if (!Number.isInteger(tagged)) throw new Error('an instant that is no integer');
    return new Instant(tagged);
  }

  /** @param {number} info */
  argument(info) {
    if (info < 24) return info;
    if (info > 27) throw new Error('reserved CBOR head');
    const size = 1 << (info - 24);
    const bytes = this.take(size);
    return size === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, size);
  }

  /** @param {number} length */
  take(length) {
    if (this.at + length > this.bytes.length) throw new Error('CBOR is cut short');
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  /** @param {number} info */
  simple(info) {
    if (info === 20) return false;
    if (info === 21) return true;
    if (info === 22 || info === 23) return null;
    if (info === 26) return this.take(4).readFloatBE();
    if (info === 27) return this.take(8).readDoubleBE();
    throw new Error(`unexpected simple CBOR value ${info}`);
  }

  /** @param {number} major */
  indefinite(major) {
    /** @type {any[]} */
    const items = [];
    while (this.bytes.readUInt8(this.at) !== 0xff) items.push(this.value());
    this.at++;
    if (major === 2) return Buffer.concat(items);
    if (major === 3) return items.join('');
    if (major === 4) return items;
    if (major !== 5) throw new Error('unexpected indefinite CBOR item');
    /** @type {Record<string, any>} */
    const map = {};
    for (let i = 0; i < items.length; i += 2) map[items[i]] = items[i + 1];
    return map;
  }
}
