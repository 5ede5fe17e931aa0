/**
 * The HTTP/1.1 half of the listener: Node's HTTP server, fed with sockets the listener has sniffed.
 *
 * A request becomes an exchange once its body is complete. A refused body is answered at once and
 * the rest is read and thrown away for a while, so that the client gets to see the answer instead
 * of a reset.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PacedBody, wholeBody } from '../api/paced-body.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import { BodyCollector } from './body-collector.ts';
import type { Expiring } from './deadlines.ts';
import { bytesOfBody, dropBody } from './exchange.ts';
import type { HttpReply, HttpRequest, Refusal, ReplyBody } from './exchange.ts';
import { LINGER_BYTES_MAX, LINGER_MS } from './http-options.ts';
import type { HttpParts } from './http-options.ts';
import { sendPaced } from './paced-sender.ts';
import { WritableResponseStream } from './writable-stream.ts';

const nothing = new Uint8Array(0);

/** What a broken request is answered with; everything else is a plain 400. */
const brokenStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

export class Http1 {
  readonly #parts: HttpParts;
  readonly #server: Server;
  /** Connections on which an answer is under way. */
  readonly #answering = new Set<Socket>();
  #draining = false;

  constructor(parts: HttpParts) {
    const { limits } = parts;
    this.#parts = parts;
    this.#server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: Math.min(limits.headerTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headerTimeoutMs),
      requireHostHeader: false,
    });
    this.#server.on('request', (request, response) => this.#begin(request, response));
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (declaredBytes(request) <= limits.bodyBytesMax) {
        response.writeContinue();
      }
      this.#begin(request, response);
    });
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) => {
      this.#connect(request, socket);
    });
    this.#server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
      this.#answerBroken(error.code ?? '', socket);
    });
    // A client may close its sending side and still wait for the answer.
    (this.#server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    // The server never listens itself, and the sweep that enforces the two timeouts starts with
    // this event.
    this.#server.emit('listening');
  }

  /** Takes over a connection; bytes already read must have been put back. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Closes idle connections, and every other one after its current answer. */
  drain(): void {
    this.#draining = true;
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.close();
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    if (this.#draining) {
      response.shouldKeepAlive = false;
    }
    const exchange = new Http1Exchange(this.#parts, request, response, this.#answering);
    exchange.begin();
  }

  /** CONNECT has no request/response pair in Node; the pipeline's answer is written by hand. */
  #connect(request: IncomingMessage, socket: Socket): void {
    socket.on('error', () => {});
    const reply = new RawReply(socket);
    this.#parts.handler.handle(toRequest(request, nothing), reply);
  }

  /**
   * Nothing that can be called a request: a bare status, then the rest of the input is thrown away.
   */
  #answerBroken(code: string, socket: Socket): void {
    // A second answer in the middle of one would be taken for a part of it.
    if (!socket.writable || code === 'ECONNRESET' || this.#answering.has(socket)) {
      socket.destroy();
      return;
    }
    const status = brokenStatus[code] ?? '400 Bad Request';
    socket.removeAllListeners('data');
    socket.on('data', () => {});
    socket.on('end', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    const lingering = {
      deadlineMs: this.#parts.deadlines.in(LINGER_MS),
      expire: (): void => {
        socket.destroy();
      },
    };
    this.#parts.deadlines.add(lingering);
    socket.on('close', () => this.#parts.deadlines.remove(lingering));
  }
}

class Http1Exchange implements HttpReply, Expiring {
  deadlineMs = Infinity;
  readonly #parts: HttpParts;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: BodyCollector;
  readonly #answering: Set<Socket>;
  #refused = false;
  /** The whole answer was given, so the operation is over. */
  #answered = false;

  constructor(
    parts: HttpParts,
    request: IncomingMessage,
    response: ServerResponse,
    answering: Set<Socket>,
  ) {
    this.#parts = parts;
    this.#answering = answering;
    this.#request = request;
    this.#response = response;
    const { limits, bodies } = parts;
    this.#body = new BodyCollector(bodies, limits.bodyBytesMax, declaredBytes(request));
  }

  begin(): void {
    const response = this.#response;
    response.on('error', () => {});
    response.on('close', () => this.#over());
    if (declaredBytes(this.#request) > this.#parts.limits.bodyBytesMax) {
      this.#refuse('too-large');
      return;
    }
    this.#request.on('data', (chunk: Uint8Array) => this.#data(chunk));
    this.#request.on('end', () => this.#end());
    this.#request.on('error', () => {});
  }

  send(status: number, headers: readonly string[], body: ReplyBody): void {
    const response = this.#response;
    this.#answered = true;
    if (response.destroyed) {
      dropBody(body);
      return;
    }
    this.#answering.add(this.#request.socket);
    response.writeHead(status, [...headers, 'Content-Length', String(bytesOfBody(body))]);
    this.#armResponse();
    if (this.#refused) {
      dropBody(body);
      response.flushHeaders();
      return;
    }
    if (body instanceof PacedBody) {
      sendPaced(response, body, this.#parts);
      return;
    }
    if (this.#request.method === 'HEAD' || body.length === 0) {
      response.end();
      return;
    }
    for (let i = 0; i < body.length - 1; i++) {
      response.write(body[i]);
    }
    response.end(body[body.length - 1]);
  }

  stream(status: number, headers: readonly string[]): ResponseStream {
    const stream = new WritableResponseStream(this.#response);
    if (stream.open) {
      // A reader that closes its sending side is taken to be gone: streams are not one-shot
      // scripts.
      const { socket } = this.#request;
      const gone = (): void => stream.destroy();
      socket.once('end', gone);
      this.#response.on('close', () => socket.off('end', gone));
      this.#answering.add(this.#request.socket);
      this.#response.writeHead(status, [...headers]);
      this.#response.flushHeaders();
    }
    return stream;
  }

  expire(): void {
    this.#request.socket.destroy();
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

  #end(): void {
    if (!this.#refused) {
      const request = toRequest(this.#request, this.#body.take());
      const work = this.#body.begin(request.headers);
      this.#parts.handler.handle({ ...request, work }, this);
    }
  }

  /**
   * Answers now, then reads on without keeping anything until the client is done or out of credit.
   */
  #refuse(why: Refusal): void {
    this.#refused = true;
    this.#body.release(true);
    const request = this.#request;
    const response = this.#response;
    response.shouldKeepAlive = false;
    this.#parts.handler.refuse(toRequest(request, nothing), this, why);
    let lingered = 0;
    request.on('data', (chunk: Uint8Array) => {
      lingered += chunk.length;
      if (lingered > LINGER_BYTES_MAX) {
        request.socket.destroy();
      }
    });
    request.on('end', () => response.end());
    this.deadlineMs = this.#parts.deadlines.in(LINGER_MS);
  }

  #armResponse(): void {
    const { deadlines, limits } = this.#parts;
    this.deadlineMs = deadlines.in(limits.responseTimeoutMs);
    deadlines.add(this);
  }

  #over(): void {
    this.#answering.delete(this.#request.socket);
    this.#parts.deadlines.remove(this);
    // What runs on after its client has gone still reads the body.
    this.#body.release(this.#answered);
  }
}

/** Writes one response on a bare socket and closes it. */
class RawReply implements HttpReply {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(status: number, headers: readonly string[], body: ReplyBody): void {
    let head = `HTTP/1.1 ${status} Forbidden\r\nConnection: close\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) {
      head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    }
    const bytes = body instanceof PacedBody ? wholeBody(body) : Buffer.concat(body);
    this.#socket.write(`${head}Content-Length: ${bytes.length}\r\n\r\n`);
    this.#socket.end(bytes);
  }

  stream(): ResponseStream {
    throw new Error('a CONNECT request never gets as far as an operation');
  }
}

function toRequest(request: IncomingMessage, body: Uint8Array): HttpRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    remoteAddress: request.socket.remoteAddress ?? '',
    secure: 'encrypted' in request.socket,
    body,
  };
}

/** Content-Length, or -1. The parser has already refused anything that is not a whole number. */
function declaredBytes(request: IncomingMessage): number {
  const text = request.headers['content-length'];
  return text === undefined ? -1 : Number(text);
}
