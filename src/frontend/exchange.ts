/**
 * One request and its answer, whatever HTTP version carries them.
 *
 * The listener's HTTP/1.1 and HTTP/2 halves produce exchanges with the body already collected; the
 * pipeline answers each exactly once, with `send` or with `stream`.
 */
import { PacedBody } from '../api/paced-body.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';

/** Header values by lower-case name; repeated headers as the HTTP parser joins them. */
export type HeaderMap = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent; one character per byte. */
  readonly target: string;
  readonly headers: HeaderMap;
  /**
   * Name, value, name, value as received and in order, HTTP/2 pseudo headers included; one
   * character per byte.
   */
  readonly rawHeaders: readonly string[];
  /** Lower-case names of `rawHeaders`, given only where it is known that none comes twice. */
  readonly headerNames?: readonly string[] | null;
  readonly remoteAddress: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  readonly body: Uint8Array;
  /** What has been begun of the work on `body`. */
  readonly work?: BodyWork | null;
}

/** The parts of a body, or what makes it piece by piece. */
export type ReplyBody = readonly Uint8Array[] | PacedBody;

export interface HttpReply {
  /** Sends a whole response; `headers` is name, value, name, value. Content-Length is added. */
  send(status: number, headers: readonly string[], body: ReplyBody): void;
  /** Sends the response head; the body follows through the stream. */
  stream(status: number, headers: readonly string[]): ResponseStream;
}

/** Why the transport refuses a body without reading the rest of it. */
export type Refusal = 'too-large' | 'overloaded';

export interface ExchangeHandler {
  /** Called once per request, with the whole body. Must not throw. */
  handle(request: HttpRequest, reply: HttpReply): void;
  /**
   * Called instead of `handle`; `request.body` is empty. The connection closes after the answer.
   */
  refuse(request: HttpRequest, reply: HttpReply, why: Refusal): void;
}

/** Content-Length of a body. */
export function bytesOfBody(body: ReplyBody): number {
  if (body instanceof PacedBody) {
    return body.length;
  }
  let length = 0;
  for (const part of body) {
    length += part.length;
  }
  return length;
}

/** For a body that will not be sent. */
export function dropBody(body: ReplyBody): void {
  if (body instanceof PacedBody) {
    body.release();
  }
}
