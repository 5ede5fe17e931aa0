/**
 * The HTTP/2 half of the listener: sessions over cleartext (prior knowledge) or TLS sockets.
 *
 * Works on the raw stream events. A session costs as little as possible, because some SDKs open one
 * per request: no timers of its own, and the connection window grows only for sessions that send
 * large bodies.
 */
import { constants, createServer } from 'node:http2';
import type {
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { PacedBody } from '../api/paced-body.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import { assert } from '../common/assert.ts';
import { BodyCollector } from './body-collector.ts';
import type { Deadlines, Expiring } from './deadlines.ts';
import { bytesOfBody, dropBody } from './exchange.ts';
import type { HttpReply, HttpRequest, Refusal, ReplyBody } from './exchange.ts';
import { LINGER_BYTES_MAX, LINGER_MS } from './http-options.ts';
import type { HttpParts } from './http-options.ts';
import { sendPaced } from './paced-sender.ts';
import { WritableResponseStream } from './writable-stream.ts';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

/** Receive window of one stream, bytes: enough for a usual request without a round trip. */
const STREAM_WINDOW_BYTES = 1024 * 1024;

/** Receive window of a session that has announced a large body, bytes. */
const SESSION_WINDOW_BYTES = 16 * 1024 * 1024;

/** Bodies above this open the session's window; the protocol's default is 64 KiB. */
const LARGE_BODY_BYTES = 48 * 1024;

/** Memory Node may use for one session's own state, MB. */
const SESSION_MEMORY_MB = 128;

/** Header fields of one request. */
const HEADER_PAIRS_MAX = 128;

const nothing = new Uint8Array(0);

export class Http2 {
  readonly #parts: HttpParts;
  readonly #server: Http2Server;
  readonly #sessions = new Map<ServerHttp2Session, Session>();
  /** The connection whose session is being made. */
  #accepting: Socket | null = null;
  #draining = false;

  constructor(parts: HttpParts) {
    const { limits } = parts;
    this.#parts = parts;
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      maxHeaderListPairs: HEADER_PAIRS_MAX,
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.streamsMax,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: limits.headerBytesMax,
      },
    });
    this.#server.on('session', (session) => this.#open(session));
    this.#server.on('stream', this.#begin.bind(this) as (stream: ServerHttp2Stream) => void);
    this.#server.on('sessionError', () => {});
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes over a connection; bytes already read must have been put back. */
  accept(socket: Socket): void {
    this.#accepting = socket;
    this.#server.emit('connection', socket);
    this.#accepting = null;
    // Nobody half-closes HTTP/2; without this, streams that wait would not notice that the peer is
    // gone.
    socket.once('end', () => socket.destroy());
  }

  /** Sends GOAWAY on every session; open streams finish, then the connections close. */
  drain(): void {
    this.#draining = true;
    for (const session of this.#sessions.keys()) {
      session.close();
    }
  }

  #open(session: ServerHttp2Session): void {
    const { deadlines, limits } = this.#parts;
    assert(this.#accepting !== null, 'http2: a session begins with its connection');
    const entry = new Session(session, this.#accepting, deadlines);
    entry.deadlineMs = deadlines.in(limits.headerTimeoutMs);
    this.#sessions.set(session, entry);
    deadlines.add(entry);
    session.on('error', () => {});
    session.on('close', () => {
      this.#sessions.delete(session);
      // What was still to be sent may wait for a peer that does not read.
      entry.deadlineMs = deadlines.in(LINGER_MS);
    });
    this.#accepting.on('close', () => deadlines.remove(entry));
    if (this.#draining) {
      session.close();
    }
  }

  #begin(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
    rawHeaders: readonly string[],
  ): void {
    stream.on('error', () => {});
    const session = stream.session as ServerHttp2Session | undefined;
    const entry = session === undefined ? undefined : this.#sessions.get(session);
    if (session === undefined || entry === undefined) {
      stream.close(NGHTTP2_CANCEL);
      return;
    }
    entry.streamCount += 1;
    entry.used = true;
    entry.deadlineMs = Infinity;
    stream.on('close', () => {
      entry.streamCount -= 1;
      if (entry.streamCount === 0) {
        entry.deadlineMs = this.#parts.deadlines.in(this.#parts.limits.sessionIdleMs);
      }
    });
    if (bytesOf(rawHeaders) > this.#parts.limits.headerBytesMax) {
      // The protocol layer only advises clients of the limit.
      stream.respond({ ':status': 431 }, { endStream: true });
      return;
    }
    if (!entry.wide && declaredBytes(headers) > LARGE_BODY_BYTES) {
      entry.wide = true;
      session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    }
    new Http2Exchange(this.#parts, stream, headers, rawHeaders).begin(flags);
  }
}

/** Bounds a session that has not sent its first request, or has no stream for a long time. */
class Session implements Expiring {
  deadlineMs = Infinity;
  streamCount = 0;
  /** Whether it ever had a stream. */
  used = false;
  /** Whether the session's receive window was opened. */
  wide = false;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;

  constructor(session: ServerHttp2Session, socket: Socket, deadlines: Deadlines) {
    this.#session = session;
    this.#socket = socket;
    this.#deadlines = deadlines;
  }

  expire(): void {
    if (!this.used || this.#session.closed) {
      // A session ends in order only when the peer reads; the connection ends in any case.
      this.#socket.destroy();
      return;
    }
    this.#session.close();
    this.deadlineMs = this.#deadlines.in(LINGER_MS);
    this.#deadlines.add(this);
  }
}

class Http2Exchange implements HttpReply, Expiring {
  deadlineMs: number;
  readonly #parts: HttpParts;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  readonly #body: BodyCollector;
  #refused = false;
  /** The whole answer was given, so the operation is over. */
  #answered = false;

  constructor(
    parts: HttpParts,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ) {
    this.#parts = parts;
    this.#stream = stream;
    this.#headers = headers;
    this.#rawHeaders = rawHeaders;
    const { bodies, limits, deadlines } = parts;
    this.#body = new BodyCollector(bodies, limits.bodyBytesMax, declaredBytes(headers));
    this.deadlineMs = deadlines.in(limits.requestTimeoutMs);
  }

  begin(flags: number): void {
    const stream = this.#stream;
    this.#parts.deadlines.add(this);
    stream.on('close', () => this.#over());
    if ((flags & NGHTTP2_FLAG_END_STREAM) !== 0) {
      this.#handle();
      return;
    }
    if (declaredBytes(this.#headers) > this.#parts.limits.bodyBytesMax) {
      this.#refuse('too-large');
      return;
    }
    stream.on('data', (chunk: Uint8Array) => this.#data(chunk));
    stream.on('end', () => {
      if (!this.#refused && !stream.aborted) {
        this.#handle();
      }
    });
  }

  send(status: number, headers: readonly string[], body: ReplyBody): void {
    const stream = this.#stream;
    this.#answered = true;
    if (stream.destroyed || stream.closed) {
      dropBody(body);
      return;
    }
    const length = bytesOfBody(body);
    const head = toHeaders(status, headers);
    head['content-length'] = String(length);
    this.deadlineMs = this.#parts.deadlines.in(this.#parts.limits.responseTimeoutMs);
    if (length === 0) {
      dropBody(body);
      stream.respond(head, { endStream: true });
      return;
    }
    stream.respond(head);
    if (body instanceof PacedBody) {
      sendPaced(stream, body, this.#parts);
      return;
    }
    for (let i = 0; i < body.length - 1; i++) {
      stream.write(body[i]);
    }
    stream.end(body[body.length - 1]);
  }

  stream(status: number, headers: readonly string[]): ResponseStream {
    const stream = new WritableResponseStream(this.#stream);
    this.deadlineMs = Infinity;
    if (stream.open && !this.#stream.closed) {
      this.#stream.respond(toHeaders(status, headers));
    }
    return stream;
  }

  expire(): void {
    this.#stream.close(NGHTTP2_CANCEL);
  }

  #data(chunk: Uint8Array): void {
    if (this.#refused) {
      return;
    }
    const outcome = this.#body.add(chunk);
    if (outcome !== 'taken') {
      this.#refuse(outcome);
    }
  }

  #handle(): void {
    // How long the operation takes is its own business.
    this.deadlineMs = Infinity;
    const request = this.#request(this.#body.take());
    const work = this.#body.begin(request.headers);
    this.#parts.handler.handle({ ...request, work }, this);
  }

  /**
   * Reads on without keeping anything and answers at the end: some clients cannot take a response
   * while much of their request is still queued, and a reset would throw away the answer as well.
   */
  #refuse(why: Refusal): void {
    const stream = this.#stream;
    this.#refused = true;
    this.#body.release(true);
    let lingered = 0;
    stream.on('data', (chunk: Uint8Array) => {
      lingered += chunk.length;
      if (lingered > LINGER_BYTES_MAX) {
        stream.close(NGHTTP2_CANCEL);
      }
    });
    stream.on('end', () => {
      if (!stream.aborted) {
        this.#parts.handler.refuse(this.#request(nothing), this, why);
      }
    });
  }

  #request(body: Uint8Array): HttpRequest {
    const headers = this.#headers;
    const socket = this.#stream.session?.socket;
    return {
      method: headers[':method'] ?? '',
      target: headers[':path'] ?? '',
      headers,
      rawHeaders: this.#rawHeaders,
      remoteAddress: socket?.remoteAddress ?? '',
      secure: this.#stream.session?.encrypted === true,
      body,
    };
  }

  #over(): void {
    this.#parts.deadlines.remove(this);
    // What runs on after its client has gone still reads the body.
    this.#body.release(this.#answered);
  }
}

function toHeaders(status: number, headers: readonly string[]): Record<string, string | number> {
  const head: Record<string, string | number> = { ':status': status };
  for (let i = 0; i + 1 < headers.length; i += 2) {
    head[(headers[i] as string).toLowerCase()] = headers[i + 1] as string;
  }
  return head;
}

/** Names and values together. */
function bytesOf(rawHeaders: readonly string[]): number {
  let bytes = 0;
  for (const text of rawHeaders) {
    bytes += text.length;
  }
  return bytes;
}

/** Content-Length, or -1. The protocol layer has already refused one that is no number. */
function declaredBytes(headers: IncomingHttpHeaders): number {
  const text = headers['content-length'];
  return text === undefined ? -1 : Number(text);
}
