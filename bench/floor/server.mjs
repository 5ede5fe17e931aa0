// @ts-check
// The floor: the least that any durable server of this protocol on Node must do. It reads the
// same HTTP requests, hashes the body (a signature cannot be checked without), appends the raw
// bytes to a file whose blocks are allocated already, makes them durable with one fdatasync per
// group of waiting requests, and answers a fixed body of the size of a real answer. It parses
// nothing and keeps nothing that could be read back.
//
// node bench/floor/server.mjs --port N --data-dir D [--http node|raw]

import { createHash } from 'node:crypto';
import { closeSync, fdatasync, fsyncSync, openSync, writeSync, writev } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The file is written round and round, so that no write has to allocate blocks. */
const FILE_BYTES = 256 * 1024 * 1024;
/** Buffers of one gather write; Linux refuses more. */
const WRITE_BUFFERS_MAX = 1024;
/** Bytes of a record in a GetRecords answer. */
const GET_BODY = fixedGetBody();

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4600' },
    'data-dir': { type: 'string', default: '.' },
    http: { type: 'string', default: 'node' },
  },
});

/** Group commit: what arrives while one group is being made durable forms the next. */
class FloorLog {
  #fd;
  #position = 0;
  #busy = false;
  /** @type {{ chunks: Buffer[], done: () => void }[]} */
  #waiting = [];

  /** @param {string} path */
  constructor(path) {
    this.#fd = openSync(path, 'w');
    const zeros = Buffer.alloc(4 * 1024 * 1024);
    for (let at = 0; at < FILE_BYTES; at += zeros.length) writeSync(this.#fd, zeros);
    fsyncSync(this.#fd);
    process.once('exit', () => closeSync(this.#fd));
  }

  /**
   * @param {Buffer[]} chunks
   * @param {() => void} done called when the bytes are durable
   */
  append(chunks, done) {
    this.#waiting.push({ chunks, done });
    if (!this.#busy) this.#flush();
  }

  #flush() {
    const group = this.#waiting;
    this.#waiting = [];
    this.#busy = true;
    const buffers = group.flatMap((entry) => entry.chunks);
    this.#write(buffers, () => {
      fdatasync(this.#fd, (error) => {
        if (error) throw error;
        for (const entry of group) entry.done();
        this.#busy = false;
        if (this.#waiting.length > 0) this.#flush();
      });
    });
  }

  /**
   * @param {Buffer[]} buffers
   * @param {() => void} done
   */
  #write(buffers, done) {
    const now = buffers.slice(0, WRITE_BUFFERS_MAX);
    const bytes = now.reduce((sum, buffer) => sum + buffer.length, 0);
    if (this.#position + bytes > FILE_BYTES) this.#position = 0;
    const position = this.#position;
    this.#position += bytes;
    writev(this.#fd, now, position, (error, written) => {
      if (error) throw error;
      if (written !== bytes) throw new Error('short write');
      if (buffers.length > now.length) this.#write(buffers.slice(WRITE_BUFFERS_MAX), done);
      else done();
    });
  }
}

const log = new FloorLog(join(values['data-dir'], 'floor.log'));
const answers = fixedAnswers();

/**
 * @param {string} target
 * @param {Buffer[]} chunks
 * @param {(answer: Buffer) => void} done
 */
function handle(target, chunks, done) {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  hash.digest();
  const answer = answers.get(target.slice(target.indexOf('.') + 1)) ?? Buffer.from('{}');
  if (answer === GET_BODY) done(answer);
  else log.append(chunks, () => done(answer));
}

/** Bodies of the sizes of real answers, made once. */
function fixedAnswers() {
  const entry = `{"SequenceNumber":"${'4'.repeat(56)}","ShardId":"shardId-000000000000"}`;
  const many = Array.from({ length: 500 }, () => entry).join(',');
  return new Map([
    ['PutRecord', Buffer.from(entry)],
    ['PutRecords', Buffer.from(`{"FailedRecordCount":0,"Records":[${many}]}`)],
    ['GetRecords', GET_BODY],
  ]);
}

function fixedGetBody() {
  const record =
    `{"SequenceNumber":"${'4'.repeat(56)}","ApproximateArrivalTimestamp":1700000000.123,` +
    `"Data":"${Buffer.alloc(1024, 7).toString('base64')}","PartitionKey":"key-1-100"}`;
  const records = Array.from({ length: 9_900 }, () => record).join(',');
  return Buffer.from(
    `{"Records":[${records}],"NextShardIterator":"${'A'.repeat(220)}","MillisBehindLatest":0}`,
  );
}

/** With Node's own HTTP server, as any server on Node would. */
function listenWithNodeHttp() {
  const server = createHttpServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      handle(String(request.headers['x-amz-target']), chunks, (answer) => {
        response.writeHead(200, {
          'Content-Type': 'application/x-amz-json-1.1',
          'Content-Length': answer.length,
        });
        response.end(answer);
      });
    });
  });
  server.listen(Number(values.port), '127.0.0.1');
}

/** With nothing but sockets: what would remain if parsing HTTP were almost free. */
function listenRaw() {
  const server = createTcpServer({ noDelay: true }, (socket) => {
    /** @type {Buffer[]} */
    let chunks = [];
    let remaining = -1;
    let target = '';
    let head = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      let body = chunk;
      if (remaining < 0) {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const text = head.toString('latin1', 0, end);
        remaining = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        target = /\r\nx-amz-target: *(\S+)/i.exec(text)?.[1] ?? '';
        body = head.subarray(end + 4);
        head = Buffer.alloc(0);
        chunks = [];
      }
      chunks.push(body);
      remaining -= body.length;
      if (remaining !== 0) return;
      remaining = -1;
      handle(target, chunks, (answer) => {
        socket.cork();
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n' +
            `Content-Length: ${answer.length}\r\n\r\n`,
        );
        socket.write(answer);
        socket.uncork();
      });
    });
  });
  server.listen(Number(values.port), '127.0.0.1');
}

if (values.http === 'raw') listenRaw();
else listenWithNodeHttp();
