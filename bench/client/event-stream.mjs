// @ts-check
// Reads one SubscribeToShard over HTTP/1.1: finds the partition keys in each event, and parses no
// more than that.

import { request as httpRequest } from 'node:http';
import { signedHeaders } from './requests.mjs';

/** Bytes before the headers of a message: total length, headers length, checksum. */
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;

/**
 * @typedef {object} Subscription
 * @property {Promise<void>} ready the first message is here
 * @property {() => void} close
 */

/**
 * @param {{ host: string, port: number,
 *   credentials: { accessKeyId: string, secretAccessKey: string } }} server
 * @param {object} input of SubscribeToShard
 * @param {(partitionKeys: string[]) => void} onEvent
 * @param {(error: Error) => void} onError
 * @returns {Subscription}
 */
export function subscribe(server, input, onEvent, onError) {
  const built = {
    target: 'Kinesis_20131202.SubscribeToShard',
    contentType: 'application/x-amz-json-1.1',
    body: Buffer.from(JSON.stringify(input)),
  };
  const { host, port, credentials } = server;
  const context = { host: `${host}:${port}`, region: 'us-east-1', credentials };
  const headers = signedHeaders(built, context);
  let closed = false;
  const fail = (/** @type {Error} */ error) => {
    if (!closed) onError(error);
  };
  /** @type {() => void} */
  let isReady = () => {};
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => (isReady = resolve));
  const request = httpRequest(
    { host, port, method: 'POST', path: '/', headers, agent: false },
    (response) => {
      if (response.statusCode !== 200) {
        response.on('data', (text) => fail(new Error(`subscribe: ${response.statusCode} ${text}`)));
        return;
      }
      /** @type {Buffer} */
      let held = Buffer.alloc(0);
      response.on('data', (chunk) => {
        isReady();
        held = takeMessages(held.length === 0 ? chunk : Buffer.concat([held, chunk]), onEvent);
      });
      response.on('error', fail);
      response.on('end', () => fail(new Error('the subscription ended')));
    },
  );
  request.on('error', fail);
  request.end(built.body);
  const close = () => {
    closed = true;
    request.destroy();
  };
  return { ready, close };
}

/**
 * Handles the whole messages at the front of `bytes`.
 * @param {Buffer} bytes
 * @param {(partitionKeys: string[]) => void} onEvent
 * @returns {Buffer} what is left
 */
function takeMessages(bytes, onEvent) {
  let at = 0;
  while (bytes.length - at >= PRELUDE_BYTES) {
    const total = bytes.readUInt32BE(at);
    if (bytes.length - at < total) break;
    const headersLength = bytes.readUInt32BE(at + 4);
    const from = at + PRELUDE_BYTES + headersLength;
    const payload = bytes.toString('latin1', from, at + total - CRC_BYTES);
    const keys = [...payload.matchAll(/"PartitionKey":"([^"]*)"/g)].map((match) => match[1] ?? '');
    if (keys.length > 0) onEvent(keys);
    at += total;
  }
  return bytes.subarray(at);
}
