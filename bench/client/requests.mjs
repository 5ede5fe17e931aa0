// @ts-check
// Request bodies made before the clock starts, so that the client spends its time on sockets and
// not on JSON, base64 or signatures. A pool of different bodies is sent round and round: the
// server hashes, parses and stores each one in full, whether it has seen it before or not.

import { createHash } from 'node:crypto';
import aws4 from 'aws4';
import { encode as encodeCbor } from 'cborg';

const CONTENT_TYPES = {
  json: 'application/x-amz-json-1.1',
  cbor: 'application/x-amz-cbor-1.1',
};

/**
 * @typedef {'json' | 'cbor'} Protocol
 * @typedef {object} RequestSpec What a pool of requests is made of; plain data, crosses processes
 * @property {'PutRecords' | 'PutRecord' | 'GetRecords'} operation
 * @property {Protocol} protocol
 * @property {string[]} streams streams to write to, in turn
 * @property {number} records records per request
 * @property {number} recordBytes bytes of Data per record
 * @property {number} pool how many different bodies
 * @property {string[]} [iterators] shard iterators to read from, in turn
 * @property {number} [limit] records asked for by a GetRecords
 *
 * @typedef {object} BuiltRequest
 * @property {string} target
 * @property {string} contentType
 * @property {Buffer} body
 */

/**
 * Bytes that look random and are the same on every run.
 * @param {number} length
 * @param {string} seed
 * @returns {Buffer}
 */
export function noise(length, seed) {
  const out = Buffer.alloc(length);
  let block = createHash('sha512').update(seed).digest();
  for (let at = 0; at < length; at += block.length) {
    block.copy(out, at);
    block = createHash('sha512').update(block).digest();
  }
  return out;
}

/**
 * @param {RequestSpec} spec
 * @returns {BuiltRequest[]}
 */
export function buildRequests(spec) {
  if (spec.operation === 'GetRecords') {
    return (spec.iterators ?? []).map((iterator) =>
      encoded(spec, { ShardIterator: iterator, Limit: spec.limit ?? 10_000 }),
    );
  }
  return Array.from({ length: spec.pool }, (_, index) => {
    const stream = spec.streams[index % spec.streams.length];
    const bytes = noise(spec.recordBytes * spec.records, `body ${index}`);
    const entries = Array.from({ length: spec.records }, (_, entry) => {
      const data = bytes.subarray(entry * spec.recordBytes, (entry + 1) * spec.recordBytes);
      return {
        Data: spec.protocol === 'json' ? data.toString('base64') : data,
        PartitionKey: `key-${index}-${entry}`,
      };
    });
    if (spec.operation === 'PutRecord') return encoded(spec, { StreamName: stream, ...entries[0] });
    return encoded(spec, { StreamName: stream, Records: entries });
  });
}

/**
 * @param {RequestSpec} spec
 * @param {object} input
 * @returns {BuiltRequest}
 */
function encoded(spec, input) {
  const body =
    spec.protocol === 'json' ? Buffer.from(JSON.stringify(input)) : Buffer.from(encodeCbor(input));
  return {
    target: `Kinesis_20131202.${spec.operation}`,
    contentType: CONTENT_TYPES[spec.protocol],
    body,
  };
}

/**
 * Signed headers of a request, valid for five minutes.
 * @param {BuiltRequest} request
 * @param {{ host: string, region: string,
 *   credentials: { accessKeyId: string, secretAccessKey: string } }} context
 * @returns {Record<string, string>}
 */
export function signedHeaders(request, context) {
  const headers = { 'Content-Type': request.contentType, 'X-Amz-Target': request.target };
  const signed = aws4.sign(
    {
      service: 'kinesis',
      region: context.region,
      method: 'POST',
      path: '/',
      host: context.host,
      headers,
      // aws4 hashes and measures bytes as well as text; only its declaration says text.
      body: /** @type {any} */ (request.body),
    },
    context.credentials,
  );
  return /** @type {Record<string, string>} */ (signed.headers);
}

/**
 * A whole HTTP/1.1 request, head and body in one buffer: one write per request.
 * @param {BuiltRequest} request
 * @param {Parameters<typeof signedHeaders>[1]} context
 * @returns {Buffer}
 */
export function http1Bytes(request, context) {
  const headers = signedHeaders(request, context);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}\r\n`), request.body]);
}
