/**
 * HTTP/1.1 as the clients of this service speak it, read straight from the socket: whole heads,
 * bodies of known length, one request at a time. Node's HTTP server costs more per request than
 * all the rest of a small put.
 *
 * At the first request that is anything else the connection is handed to Node's HTTP server, with
 * every byte that was not consumed, and stays there. The bounds are those of the other halves.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PacedBody, wholeBody } from '../api/paced-body.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import { BodyCollector } from './body-collector.ts';
import type { Expiring } from './deadlines.ts';
import { bytesOfBody, dropBody } from './exchange.ts';
import type { HttpReply, HttpRequest, ReplyBody } from './exchange.ts';
import { LINGER_BYTES_MAX, LINGER_MS } from './http-options.ts';
import type { HttpParts } from './http-options.ts';
import { sendPaced, SMALL_BYTES } from './paced-sender.ts';
import { PlainBody } from './plain-body.ts';
import { PlainHeads } from './plain-head.ts';
import type { PlainHead } from './plain-head.ts';
import { StaticReads } from './static-read.ts';
import type { SocketReader, SocketReads } from './static-read.ts';
import { WritableResponseStream } from './writable-stream.ts';

const nothing: Buffer = Buffer.alloc(0);

/** Answers up to this size are written as one buffer. */
const SMALL_ANSWER_BYTES = 4 * 1024;

/** Where connections go that are not plain. Input not consumed has been put back. */
export interface FullHttp1 {
  accept(socket: Socket): void;
}

export class PlainHttp1 {
  readonly #parts: HttpParts;
  readonly #full: FullHttp1;
  readonly #connections = new Set<PlainConnection>();
  readonly #keepAlive: string;
  readonly #reads = new StaticReads();
  readonly heads: PlainHeads;
  #answer: Buffer | null = null;
  #draining = false;

  constructor(parts: HttpParts, full: FullHttp1) {
    this.#parts = parts;
    this.#full = full;
    this.heads = new PlainHeads(parts.limits.headerBytesMax);
    const seconds = Math.floor(parts.limits.keepAliveMs / 1000);
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
  }

  /** Takes over a connection; bytes already read must have been put back. */
  accept(socket: Socket): void {
    const connection = new PlainConnection(this, this.#parts, socket);
    this.#connections.add(connection);
    if (!('encrypted' in socket)) {
      connection.shareReads(this.#reads);
    }
  }

  /** Closes idle connections, and every other one after its current answer. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections) {
      connection.drain();
    }
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Memory for one small answer. */
  get answer(): Buffer {
    this.#answer ??= Buffer.allocUnsafeSlow(SMALL_ANSWER_BYTES);
    return this.#answer;
  }

  /** The answer in it is still on its way: the next one is given other memory. */
  leaveAnswer(): void {
    this.#answer = null;
  }

  /** Ends the head of an answer after which the connection goes on. */
  get keepAlive(): string {
    return this.#keepAlive;
  }

  handOver(connection: PlainConnection, socket: Socket): void {
    this.#connections.delete(connection);
    this.#full.accept(socket);
  }

  forget(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }
}

/** A request whose headers are put into a list only if somebody asks for it. */
class PlainRequest implements HttpRequest {
  readonly method = 'POST';
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly headerNames: readonly string[];
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly body: Uint8Array;
  readonly work: BodyWork | null;
  readonly #head: PlainHead;

  constructor(
    head: PlainHead,
    remoteAddress: string,
    secure: boolean,
    body: Uint8Array,
    work: BodyWork | null,
  ) {
    this.target = head.target;
    this.headers = head.headers;
    this.headerNames = head.headerNames;
    this.remoteAddress = remoteAddress;
    this.secure = secure;
    this.body = body;
    this.work = work;
    this.#head = head;
  }

  get rawHeaders(): readonly string[] {
    return this.#head.rawHeaders;
  }
}

/**
 * `head`: between requests. `body`: a body is arriving. `work`: the request is being handled.
 * `answer`: its answer is on its way out. `over`: nothing but the end may follow.
 */
type State = 'head' | 'body' | 'work' | 'answer' | 'over';

class PlainConnection implements HttpReply, Expiring, SocketReader {
  deadlineMs: number;
  readonly #home: PlainHttp1;
  readonly #parts: HttpParts;
  readonly #socket: Socket;
  readonly #remoteAddress: string;
  readonly #secure: boolean;
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => this.#ended();
  readonly #onClose = (): void => this.#closed();
  readonly #onWritten = (): void => this.#written();
  /** Null while input comes by 'data' events. */
  #reads: SocketReads | null = null;
  #state: State = 'head';
  #head: PlainHead | null = null;
  #body: BodyCollector | null = null;
  /** Bytes of the body still to come. */
  #missing = 0;
  /** Input that arrived before its turn. */
  #early: Buffer = nothing;
  /** Nothing is read any more after the current answer. */
  #isLast = false;

  constructor(home: PlainHttp1, parts: HttpParts, socket: Socket) {
    this.#home = home;
    this.#parts = parts;
    this.#socket = socket;
    this.#remoteAddress = socket.remoteAddress ?? '';
    this.#secure = 'encrypted' in socket;
    this.deadlineMs = parts.deadlines.in(parts.limits.headerTimeoutMs);
    parts.deadlines.add(this);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  /**
   * Has the input read into a buffer of many connections, of which what is not used at once is
   * copied, and bodies to where they belong.
   */
  shareReads(reads: StaticReads): void {
    this.#reads = reads.begin(this.#socket, this);
  }

  read(bytes: Buffer): void {
    this.#take(bytes, true);
  }

  place(): Uint8Array | null {
    return this.#state === 'body' ? (this.#body?.room(this.#missing) ?? null) : null;
  }

  placed(bytes: number): void {
    this.#missing -= bytes;
    this.#body?.extend(bytes);
    if (this.#missing === 0) {
      this.#work();
    }
  }

  drain(): void {
    if (this.#state === 'head') {
      this.#socket.destroy();
    }
  }

  expire(): void {
    if (this.#state === 'body') {
      this.#refuseRest('408 Request Timeout');
    } else {
      this.#socket.destroy();
    }
  }

  send(status: number, headers: readonly string[], body: ReplyBody): void {
    this.#body?.release(true);
    this.#body = null;
    if (this.#socket.destroyed) {
      dropBody(body);
      return;
    }
    this.#begin();
    const head = this.#answerHead(status, headers, `Content-Length: ${bytesOfBody(body)}\r\n`);
    if (body instanceof PacedBody && body.length <= SMALL_BYTES) {
      this.#write(head, [wholeBody(body)]);
      return;
    }
    if (body instanceof PacedBody) {
      this.#socket.write(head, 'latin1');
      sendPaced(new PlainBody(this.#socket, false, this.#onWritten), body, this.#parts);
      return;
    }
    this.#write(head, body);
  }

  stream(status: number, headers: readonly string[]): ResponseStream {
    // A reader that closes its sending side is taken to be gone: streams are not one-shot scripts.
    const gone = (): void => stream.destroy();
    const body = new PlainBody(this.#socket, true, this.#onWritten);
    const stream = new WritableResponseStream(body);
    if (stream.open) {
      this.#begin();
      this.deadlineMs = Infinity;
      this.#socket.once('end', gone);
      body.on('close', () => this.#socket.off('end', gone));
      const head = this.#answerHead(status, headers, 'Transfer-Encoding: chunked\r\n');
      this.#socket.write(head, 'latin1');
    }
    return stream;
  }

  #take(chunk: Buffer, isLent = false): void {
    if (this.#state === 'head') {
      const head = this.#home.heads.read(chunk);
      if (head === null || head.bodyBytes > this.#parts.limits.bodyBytesMax) {
        this.#handOver(isLent ? Buffer.from(chunk) : chunk);
        return;
      }
      this.#open(head);
      this.#collect(chunk.subarray(head.bytes), isLent);
    } else if (this.#state === 'body') {
      this.#collect(chunk, isLent);
    } else if (this.#state !== 'over') {
      this.#hold(isLent ? Buffer.from(chunk) : chunk);
    } else {
      this.#missing -= chunk.length;
      if (this.#missing < -LINGER_BYTES_MAX) {
        this.#socket.destroy();
      }
    }
  }

  #open(head: PlainHead): void {
    const { bodies, limits, deadlines } = this.#parts;
    this.#state = 'body';
    this.#head = head;
    this.#missing = head.bodyBytes;
    this.#body = new BodyCollector(bodies, limits.bodyBytesMax, head.bodyBytes);
    this.deadlineMs = deadlines.in(limits.requestTimeoutMs);
  }

  #collect(bytes: Buffer, isLent: boolean): void {
    const part = bytes.length > this.#missing ? bytes.subarray(0, this.#missing) : bytes;
    this.#missing -= part.length;
    if (part.length > 0 && this.#body?.add(part, isLent) !== 'taken') {
      this.#refuse();
      return;
    }
    if (this.#missing > 0) {
      return;
    }
    if (part.length < bytes.length) {
      const early = bytes.subarray(part.length);
      this.#hold(isLent ? Buffer.from(early) : early);
    }
    this.#work();
  }

  /** The body is there. */
  #work(): void {
    this.#state = 'work';
    this.deadlineMs = Infinity;
    this.#parts.handler.handle(this.#request(this.#body), this);
  }

  #request(collector: BodyCollector | null): HttpRequest {
    const head = this.#head as PlainHead;
    const body = collector?.take() ?? nothing;
    const work = collector?.begin(head.headers) ?? null;
    return new PlainRequest(head, this.#remoteAddress, this.#secure, body, work);
  }

  /** Keeps what a client sends before it has its answer, and reads no more until then. */
  #hold(chunk: Buffer): void {
    this.#early = this.#early.length === 0 ? chunk : Buffer.concat([this.#early, chunk]);
    this.#socket.pause();
  }

  /** All bodies together are too large already: answers now and reads on without keeping. */
  #refuse(): void {
    this.#body?.release(true);
    this.#body = null;
    this.#isLast = true;
    this.#parts.handler.refuse(this.#request(null), this, 'overloaded');
  }

  #handOver(chunk: Buffer): void {
    const socket = this.#socket;
    this.#parts.deadlines.remove(this);
    this.#reads?.end();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.pause();
    socket.unshift(chunk);
    this.#home.handOver(this, socket);
    socket.resume();
  }

  #begin(): void {
    this.#state = 'answer';
    this.#isLast ||= this.#home.draining;
    this.deadlineMs = this.#parts.deadlines.in(this.#parts.limits.responseTimeoutMs);
  }

  #answerHead(status: number, headers: readonly string[], framing: string): string {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) {
      head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    }
    return head + framing + (this.#isLast ? 'Connection: close\r\n\r\n' : this.#home.keepAlive);
  }

  #write(head: string, body: readonly Uint8Array[]): void {
    const socket = this.#socket;
    const [only = nothing] = body;
    if (body.length <= 1 && head.length + only.length <= SMALL_ANSWER_BYTES) {
      const { answer } = this.#home;
      answer.write(head, 'latin1');
      answer.set(only, head.length);
      socket.write(answer.subarray(0, head.length + only.length), this.#onWritten);
      // Mostly the system has taken all of it at once.
      if (this.#secure || socket.writableLength > 0) {
        this.#home.leaveAnswer();
      }
      return;
    }
    socket.cork();
    socket.write(Buffer.from(head, 'latin1'));
    for (let i = 0; i < body.length - 1; i++) {
      socket.write(body[i] as Uint8Array);
    }
    socket.write(body[body.length - 1] as Uint8Array, this.#onWritten);
    socket.uncork();
  }

  /** The answer is out: what comes next? */
  #written(): void {
    if (this.#socket.destroyed) {
      return;
    }
    if (this.#isLast) {
      this.#linger();
      return;
    }
    this.#state = 'head';
    this.#head = null;
    this.deadlineMs = this.#parts.deadlines.in(this.#parts.limits.keepAliveMs);
    const early = this.#early;
    if (early.length > 0) {
      this.#early = nothing;
      this.#socket.resume();
      this.#take(early);
    }
  }

  /** A bare answer to a request that will not become whole. */
  #refuseRest(status: string): void {
    this.#reads?.withdraw();
    this.#body?.release(true);
    this.#body = null;
    this.#socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    this.#parts.deadlines.add(this);
    this.#linger();
  }

  /**
   * Ends our side, and reads on for a while without keeping anything, so that the client gets to
   * see the answer instead of a reset.
   */
  #linger(): void {
    this.#state = 'over';
    this.#early = nothing;
    this.#missing = 0;
    this.deadlineMs = this.#parts.deadlines.in(LINGER_MS);
    this.#socket.end();
    this.#socket.resume();
  }

  /** The client sends no more; it may still wait for an answer. */
  #ended(): void {
    if (this.#state === 'head') {
      this.#socket.end();
      this.#state = 'over';
    } else if (this.#state === 'body') {
      this.#refuseRest('400 Bad Request');
    } else if (this.#state !== 'over') {
      this.#isLast = true;
    }
  }

  #closed(): void {
    this.#home.forget(this);
    this.#parts.deadlines.remove(this);
    // What runs on after its client has gone still reads the body; nobody has seen half of one.
    this.#body?.release(this.#state === 'body');
    this.#body = null;
  }
}
