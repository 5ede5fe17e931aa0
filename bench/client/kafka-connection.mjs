// @ts-check
// Kafka by the same measure: a PutRecords becomes one Produce request that holds one batch for
// each of four partitions, with acks=all, and is answered when all of them are stored.

import { connect } from 'node:net';
import { noise } from './requests.mjs';

const TOPIC = 'bench';
const PARTITIONS = 4;
const PRODUCE = { key: 0, version: 7 };
const METADATA = { key: 3, version: 4 };
const TIMEOUT_MS = 30_000;
/** A record batch from its attributes on is what its checksum covers. */
const CRC_FROM = 21;

/**
 * @param {import('./requests.mjs').RequestSpec} spec
 * @returns {Buffer[]} whole requests
 */
export function kafkaRequests(spec) {
  return Array.from({ length: spec.pool }, (_, index) => {
    const bytes = noise(spec.recordBytes * spec.records, `body ${index}`);
    /** @type {Buffer[][]} */
    const values = Array.from({ length: PARTITIONS }, () => []);
    for (let entry = 0; entry < spec.records; entry++) {
      const from = entry * spec.recordBytes;
      values[entry % PARTITIONS]?.push(bytes.subarray(from, from + spec.recordBytes));
    }
    const batches = values.flatMap((list, partition) => {
      if (list.length === 0) return [];
      const batch = recordBatch(list);
      return [int32(partition), int32(batch.length), batch];
    });
    return request(PRODUCE, [
      int16(-1),
      int16(-1),
      int32(TIMEOUT_MS),
      int32(1),
      string(TOPIC),
      int32(batches.length / 3),
      ...batches,
    ]);
  });
}

/**
 * @param {Buffer[]} values
 * @returns {Buffer} a record batch of magic 2
 */
function recordBatch(values) {
  const records = values.map((value, offset) => {
    const key = Buffer.from(`key-${offset}`);
    const body = Buffer.concat([
      Buffer.of(0),
      varint(0),
      varint(offset),
      varint(key.length),
      key,
      varint(value.length),
      value,
      varint(0),
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const head = Buffer.alloc(61);
  head.writeInt32BE(-1, 12);
  head.writeInt8(2, 16);
  head.writeInt32BE(values.length - 1, 23);
  const now = BigInt(Date.now());
  head.writeBigInt64BE(now, 27);
  head.writeBigInt64BE(now, 35);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt16BE(-1, 51);
  head.writeInt32BE(-1, 53);
  head.writeInt32BE(values.length, 57);
  const batch = Buffer.concat([head, ...records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), 17);
  return batch;
}

/**
 * @param {{ key: number, version: number }} api
 * @param {Buffer[]} body
 */
function request(api, body) {
  const parts = [int16(api.key), int16(api.version), int32(1), string('bench'), ...body];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([int32(length), ...parts]);
}

/** The same shape as `Http1Connection`. */
export class KafkaConnection {
  /** @type {(status: number, body: Buffer | undefined) => void} */
  onAnswer = () => {};
  #socket;
  /** @type {Buffer} */
  #held = Buffer.alloc(0);

  /**
   * @param {{ host: string, port: number }} address
   * @param {(error: Error) => void} onError
   */
  constructor(address, onError) {
    this.#socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', onError);
  }

  /** @param {Buffer} bytes */
  send(bytes) {
    this.#socket.write(bytes);
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (all.length < 4 || all.length < 4 + all.readInt32BE(0)) {
      this.#held = all;
      return;
    }
    this.#held = Buffer.alloc(0);
    const error = produceError(all);
    this.onAnswer(error === 0 ? 200 : 500, error === 0 ? undefined : Buffer.from(`code ${error}`));
  }
}

/**
 * The first error code of a Produce answer, 0 when every partition stored its batch.
 * @param {Buffer} answer
 */
function produceError(answer) {
  // Length, correlation id, one topic with its name, then the partitions.
  let at = 4 + 4 + 4;
  at += 2 + answer.readInt16BE(at);
  const partitions = answer.readInt32BE(at);
  at += 4;
  for (let n = 0; n < partitions; n++, at += 4 + 2 + 8 + 8 + 8) {
    const code = answer.readInt16BE(at + 4);
    if (code !== 0) return code;
  }
  return 0;
}

/**
 * Has the topic made, and waits until it takes records.
 * @param {number} port
 */
export async function prepareKafka(port) {
  const [probe] = kafkaRequests({
    operation: 'PutRecords',
    protocol: 'json',
    streams: [],
    records: PARTITIONS,
    recordBytes: 10,
    pool: 1,
  });
  for (let tries = 0; tries < 100; tries++) {
    // Asking for a topic makes it.
    await exchange(port, request(METADATA, [int32(1), string(TOPIC), Buffer.of(1)]));
    const answer = await exchange(port, /** @type {Buffer} */ (probe));
    if (answer !== null && produceError(answer) === 0) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error('the topic takes no records');
}

/**
 * @param {number} port
 * @param {Buffer} bytes
 * @returns {Promise<Buffer | null>} the answer, null when there is none
 */
function exchange(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    /** @type {Buffer} */
    let held = Buffer.alloc(0);
    const end = (/** @type {Buffer | null} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('error', () => end(null));
    socket.once('close', () => end(null));
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      if (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) end(held);
    });
    socket.write(bytes);
  });
}

/** @param {number} value */
function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** @param {string} text */
function string(text) {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
}

/**
 * Zigzag, seven bits a byte.
 * @param {number} value
 */
function varint(value) {
  const bytes = [];
  let rest = value * 2;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** @param {Buffer} bytes */
function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
