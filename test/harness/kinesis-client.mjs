// @ts-check
// A small signed client for tests: JSON over HTTP/1.1 keep-alive, one method, no retries, so that
// a test sees every answer as the server gave it.

import { Agent, request as httpRequest } from 'node:http';
import aws4 from 'aws4';

/** Credentials that every server in its open mode accepts. */
export const TEST_CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

/** An answer other than 200: `name` is the exception's name as on the wire. */
export class ServiceFault extends Error {
  /**
   * @param {string} name
   * @param {string} message
   * @param {number} status
   */
  constructor(name, message, status) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Connections, one request at a time on each, and signatures for one endpoint. */
export class KinesisClient {
  #agent;
  #endpoint;
  #credentials;
  #region;
  /** The operation that was called last, for error messages. */
  last = '';

  /**
   * @param {string} endpoint `http://host:port`
   * @param {{ connections?: number, region?: string,
   *   credentials?: { accessKeyId: string, secretAccessKey: string } }} [options]
   */
  constructor(endpoint, options = {}) {
    this.#endpoint = new URL(endpoint);
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 8 });
    this.#credentials = options.credentials ?? TEST_CREDENTIALS;
    this.#region = options.region ?? 'us-east-1';
  }

  /**
   * Calls one operation.
   * @param {string} operation
   * @param {object} input members as modelled; blobs as base64
   * @returns {Promise<any>} the output, `{}` when the answer has no body
   * @throws {ServiceFault} on any answer but 200; the socket's error when there was no answer
   */
  call(operation, input) {
    this.last = operation;
    const url = this.#endpoint;
    const body = JSON.stringify(input);
    const headers = {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `Kinesis_20131202.${operation}`,
    };
    const signed = aws4.sign(
      {
        service: 'kinesis',
        region: this.#region,
        method: 'POST',
        path: '/',
        host: url.host,
        headers,
        body,
      },
      this.#credentials,
    );
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: url.hostname,
          port: url.port,
          method: 'POST',
          path: '/',
          agent: this.#agent,
          headers: /** @type {any} */ (signed.headers),
        },
        (response) => {
          /** @type {Buffer[]} */
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            try {
              resolve(outputOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')));
            } catch (error) {
              reject(error);
            }
          });
        },
      );
      request.once('error', reject);
      request.end(body);
    });
  }

  /** Closes every connection; calls in flight fail. */
  close() {
    this.#agent.destroy();
  }
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {any}
 */
function outputOf(status, text) {
  if (status === 200) return text === '' ? {} : JSON.parse(text);
  let name = `Http${status}`;
  let message = text;
  if (text.startsWith('{')) {
    const body = JSON.parse(text);
    name = body.__type ?? name;
    message = body.message ?? body.Message ?? '';
  }
  throw new ServiceFault(name, message, status);
}

/**
 * Creates a stream and waits until it is ACTIVE.
 * @param {KinesisClient} client
 * @param {string} name
 * @param {number} shards
 */
export async function createActiveStream(client, name, shards) {
  await client.call('CreateStream', { StreamName: name, ShardCount: shards });
  await untilActive(client, name);
}

/**
 * Polls until the stream is ACTIVE, for at most a minute.
 * @param {KinesisClient} client
 * @param {string} name
 */
export async function untilActive(client, name) {
  for (let tries = 0; tries < 1200; tries++) {
    const { StreamDescriptionSummary: summary } = await client.call('DescribeStreamSummary', {
      StreamName: name,
    });
    if (summary.StreamStatus === 'ACTIVE') return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`stream ${name} did not become ACTIVE`);
}

/**
 * Every shard of a stream, open and closed, in id order.
 * @param {KinesisClient} client
 * @param {string} name
 * @returns {Promise<any[]>}
 */
export async function listAllShards(client, name) {
  const shards = [];
  /** @type {any} */
  let page = await client.call('ListShards', { StreamName: name });
  shards.push(...page.Shards);
  while (page.NextToken) {
    page = await client.call('ListShards', { NextToken: page.NextToken });
    shards.push(...page.Shards);
  }
  return shards;
}
