/**
 * From an HTTP request to an answer, in exactly the order in which the service looks at things:
 * method, body, content type, syntax, target, authentication, then the operation itself.
 *
 * Every request gets one answer. What an operation throws unexpectedly is logged and answered with
 * InternalFailure; it never ends the process.
 */
import { CONTENT_TYPE, encodeError, errorStatus } from '../api/codec.ts';
import type { Caller, Protocol } from '../api/operation.ts';
import { StreamingOutput } from '../api/response-stream.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import { Memo } from '../common/memo.ts';
import { ServiceError } from '../model/service-error.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ExchangeHandler, HttpReply, HttpRequest, Refusal, ReplyBody } from './exchange.ts';
import { ResponseIds } from './response-ids.ts';

const TARGET_PREFIX = 'Kinesis_20131202.';

/** Targets that are remembered, those of clients in error among them. */
const REMEMBERED = { entriesMax: 128, textMax: 128 };

const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** Plain JSON is understood well enough to say that it is not a protocol of this service. */
const PLAIN_JSON_TYPE = 'application/json';

const EXPOSED_HEADERS =
  'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date';

const PREFLIGHT_SECONDS = '172800';

const UNDETERMINED_XML = Buffer.from(
  '<AccessDeniedException>\n' +
    '  <Message>Unable to determine service/operation name to be authorized</Message>\n' +
    '</AccessDeniedException>\n',
);

const UNKNOWN_XML = Buffer.from('<UnknownOperationException/>\n');

const UNKNOWN_PLAIN_JSON = Buffer.from(
  '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
);

/** What an operation is told about the request that carries it. */
export interface Call<C extends Caller = Caller> {
  readonly caller: C;
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly sourceAddress: string;
  readonly secure: boolean;
  readonly userAgent: string;
}

/** The body of an answer; or a stream to be written. */
export type CallOutput = ReplyBody | StreamingOutput;

/** The operations, as the pipeline calls them. `D` is a decoded body. */
export interface ApiCalls<C extends Caller, D> {
  has(operation: string): boolean;
  /**
   * Reads a body; `operation` is null when the target names none. `work` may have done so already.
   * Throws SerializationException when the body is not an object of the protocol.
   */
  decode(operation: string | null, protocol: Protocol, body: Uint8Array, work?: BodyWork | null): D;
  /** Coerces, validates, authorises and runs. Throws, or rejects with, ServiceError. */
  invoke(operation: string, input: D, call: Call<C>): CallOutput | Promise<CallOutput>;
}

/** Finds out who sent a request. Throws ServiceError when that cannot be established. */
export interface Authenticator<C extends Caller> {
  authenticate(request: HttpRequest): C;
}

/** Told about every request; implementations count. */
export interface RequestObserver {
  started(): void;
  /**
   * Once per request, when its answer (or, for a stream, its head) is handed to the transport.
   * `operation` is null when no known one was reached, `code` null on success; `durationMs` is
   * fractional.
   */
  finished(operation: string | null, code: string | null, durationMs: number): void;
}

export interface PipelineLog {
  error(fields: object, text: string): void;
}

export interface PipelineDependencies<C extends Caller, D> {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: PipelineLog;
  readonly observer: RequestObserver;
  readonly authenticator: Authenticator<C>;
  readonly api: ApiCalls<C, D>;
}

/** What is known of the request being answered. */
interface Exchange {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  readonly startMs: number;
  readonly requestId: string;
  /** Of the answer, as far as they are known: those that every one carries. */
  readonly headers: string[];
  operation: string | null;
}

export class Pipeline<C extends Caller, D> implements ExchangeHandler {
  readonly #dependencies: PipelineDependencies<C, D>;
  readonly #ids: ResponseIds;
  readonly #streams = new Set<ResponseStream>();
  /** Operations by the whole target, null for what is none. */
  readonly #operations: Memo<string | null>;
  #dateSecond = -1;
  #date = '';

  constructor(dependencies: PipelineDependencies<C, D>) {
    this.#dependencies = dependencies;
    this.#ids = new ResponseIds(dependencies.random);
    const { api } = dependencies;
    this.#operations = new Memo((target) => {
      const name = target.slice(TARGET_PREFIX.length);
      return target.startsWith(TARGET_PREFIX) && api.has(name) ? name : null;
    }, REMEMBERED);
  }

  /** Open event streams. */
  get streamCount(): number {
    return this.#streams.size;
  }

  handle(request: HttpRequest, reply: HttpReply): void {
    const exchange = this.#open(request, reply);
    try {
      this.#route(exchange);
    } catch (error) {
      this.#fail(exchange, protocolOf(request) ?? 'json', error);
    }
  }

  refuse(request: HttpRequest, reply: HttpReply, why: Refusal): void {
    if (why === 'too-large') {
      // The service answers these before it has given the request an id.
      const { observer } = this.#dependencies;
      observer.started();
      reply.send(413, ['Date', this.#today()], []);
      observer.finished(null, 'RequestEntityTooLarge', 0);
      return;
    }
    const exchange = this.#open(request, reply);
    this.#fail(
      exchange,
      protocolOf(request) ?? 'json',
      new ServiceError('ServiceUnavailable', null),
    );
  }

  /** Ends all event streams in the regular way, so that consumers subscribe again elsewhere. */
  endStreams(): void {
    for (const stream of this.#streams) {
      stream.end();
    }
  }

  #open(request: HttpRequest, reply: HttpReply): Exchange {
    const { clock, observer } = this.#dependencies;
    observer.started();
    const requestId = this.#ids.requestId();
    const headers = ['x-amzn-RequestId', requestId, 'Date', this.#today()];
    if (request.headers['origin'] !== undefined) {
      headers.push('Access-Control-Allow-Origin', '*');
      headers.push('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    }
    if (!isPreflight(request)) {
      headers.push('x-amz-id-2', this.#ids.extendedId());
    }
    return { request, reply, startMs: clock.monotonic(), requestId, headers, operation: null };
  }

  #route(exchange: Exchange): void {
    const { request } = exchange;
    const { api, authenticator } = this.#dependencies;
    if (isPreflight(request)) {
      this.#send(exchange, 200, preflightHeaders(request), [], null);
      return;
    }
    if (request.method !== 'POST') {
      this.#send(exchange, 403, [], [UNDETERMINED_XML], 'AccessDeniedException');
      return;
    }
    const target = targetOf(request);
    const operation = this.#operations.get(target);
    exchange.operation = operation;
    const type = contentTypeOf(request);
    if (request.body.length === 0) {
      const code = operation === null ? 'UnknownOperationException' : 'SerializationException';
      const protocol = type === CONTENT_TYPE.json ? 'json' : 'cbor';
      this.#fail(exchange, protocol, new ServiceError(code, null));
      return;
    }
    const protocol = protocolOfType(type);
    if (protocol === null) {
      this.#refuseType(exchange, type, target);
      return;
    }
    const input = api.decode(operation, protocol, request.body, request.work);
    if (operation === null) {
      throw new ServiceError('UnknownOperationException', null);
    }
    const caller = authenticator.authenticate(request);
    this.#invoke(exchange, operation, protocol, input, caller);
  }

  /** Content types that are no protocol of the service. */
  #refuseType(exchange: Exchange, type: string, target: string): void {
    if (type === PLAIN_JSON_TYPE) {
      const headers = ['Content-Type', PLAIN_JSON_TYPE];
      try {
        this.#dependencies.api.decode(null, 'json', exchange.request.body);
      } catch (error) {
        if (!(error instanceof ServiceError)) {
          throw error;
        }
        const body = encodeError('json', error);
        this.#send(exchange, errorStatus(error), headers, [body], error.code);
        return;
      }
      this.#send(exchange, 404, headers, [UNKNOWN_PLAIN_JSON], 'UnknownOperationException');
      return;
    }
    const point = target.indexOf('.');
    if (point <= 0 || point === target.length - 1) {
      this.#send(exchange, 403, [], [UNDETERMINED_XML], 'AccessDeniedException');
      return;
    }
    this.#send(exchange, 404, [], [UNKNOWN_XML], 'UnknownOperationException');
  }

  #invoke(exchange: Exchange, operation: string, protocol: Protocol, input: D, caller: C): void {
    const { request, requestId } = exchange;
    const userAgent = request.headers['user-agent'];
    const output = this.#dependencies.api.invoke(operation, input, {
      caller,
      requestId,
      protocol,
      sourceAddress: request.remoteAddress,
      secure: request.secure,
      userAgent: typeof userAgent === 'string' ? userAgent : '',
    });
    if (!(output instanceof Promise)) {
      this.#succeed(exchange, protocol, output);
      return;
    }
    output.then(
      (value) => this.#succeed(exchange, protocol, value),
      (error: unknown) => this.#fail(exchange, protocol, error),
    );
  }

  #succeed(exchange: Exchange, protocol: Protocol, output: CallOutput): void {
    if (output instanceof StreamingOutput) {
      this.#stream(exchange, output);
      return;
    }
    this.#send(exchange, 200, ['Content-Type', CONTENT_TYPE[protocol]], output, null);
  }

  #stream(exchange: Exchange, output: StreamingOutput): void {
    const { reply, headers } = exchange;
    const stream = reply.stream(200, [...headers, 'Content-Type', EVENT_STREAM_TYPE]);
    this.#streams.add(stream);
    this.#finished(exchange, null);
    try {
      output.start(new TrackedStream(stream, () => this.#streams.delete(stream)));
    } catch (error) {
      this.#dependencies.log.error({ err: error }, 'a stream failed to start');
      stream.destroy();
    }
  }

  #fail(exchange: Exchange, protocol: Protocol, thrown: unknown): void {
    let error: ServiceError;
    if (thrown instanceof ServiceError) {
      error = thrown;
    } else {
      const { requestId, operation } = exchange;
      this.#dependencies.log.error({ err: thrown, requestId, operation }, 'a request failed');
      error = new ServiceError('InternalFailure', null);
    }
    const headers = ['Content-Type', CONTENT_TYPE[protocol]];
    const body = encodeError(protocol, error);
    this.#send(exchange, errorStatus(error), headers, [body], error.code);
  }

  #send(
    exchange: Exchange,
    status: number,
    headers: readonly string[],
    body: ReplyBody,
    code: string | null,
  ): void {
    exchange.headers.push(...headers);
    exchange.reply.send(status, exchange.headers, body);
    this.#finished(exchange, code);
  }

  #finished(exchange: Exchange, code: string | null): void {
    const { clock, observer } = this.#dependencies;
    observer.finished(exchange.operation, code, clock.monotonic() - exchange.startMs);
  }

  /** The Date header's value, made once a second. */
  #today(): string {
    const now = this.#dependencies.clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = new Date(now).toUTCString();
    }
    return this.#date;
  }
}

/** Passes on to a stream and tells when it is over, whoever else listens for that. */
class TrackedStream implements ResponseStream {
  readonly #stream: ResponseStream;
  #closed: (() => void) | null = null;
  #over = false;

  constructor(stream: ResponseStream, over: () => void) {
    this.#stream = stream;
    stream.onClose(() => {
      this.#over = true;
      over();
      this.#closed?.();
    });
  }

  get open(): boolean {
    return this.#stream.open;
  }

  write(bytes: Uint8Array): boolean {
    return this.#stream.write(bytes);
  }

  onDrain(drained: () => void): void {
    this.#stream.onDrain(drained);
  }

  onClose(closed: () => void): void {
    if (this.#over) {
      closed();
    } else {
      this.#closed = closed;
    }
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}

function isPreflight(request: HttpRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['origin'] !== undefined;
}

function preflightHeaders(request: HttpRequest): string[] {
  const headers = ['Access-Control-Max-Age', PREFLIGHT_SECONDS];
  for (const name of ['Headers', 'Method'] as const) {
    const asked = request.headers[`access-control-request-${name.toLowerCase()}`];
    if (typeof asked === 'string') {
      const answer = name === 'Method' ? 'Methods' : name;
      headers.push(`Access-Control-Allow-${answer}`, asked);
    }
  }
  return headers;
}

function targetOf(request: HttpRequest): string {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' ? target : '';
}

/** The media type, without parameters; empty where there is none. */
function contentTypeOf(request: HttpRequest): string {
  const type = request.headers['content-type'];
  if (type === undefined) {
    return '';
  }
  const semicolon = type.indexOf(';');
  return (semicolon < 0 ? (type as string) : (type as string).slice(0, semicolon)).trim();
}

function protocolOf(request: HttpRequest): Protocol | null {
  return protocolOfType(contentTypeOf(request));
}

function protocolOfType(type: string): Protocol | null {
  if (type === CONTENT_TYPE.json) {
    return 'json';
  }
  return type === CONTENT_TYPE.cbor ? 'cbor' : null;
}
