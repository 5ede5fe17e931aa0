/**
 * The port a client sends its requests through: one answer per request, over kept connections.
 *
 * Not the Network port, which carries Tailrace's own traffic: a client speaks HTTP to whatever
 * answers at its endpoint.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * `refused`: nobody listens. `unreachable`: no such host or no way to it. `timeout`: no answer in
 * time. `certificate`: TLS works but the peer cannot be trusted. `aborted`: the caller's signal.
 * `broken`: anything else, such as a connection that was reset.
 */
export type TransportFailure =
  'refused' | 'unreachable' | 'timeout' | 'certificate' | 'aborted' | 'broken';

/** No answer came. Whether the request took effect is unknown, unless it was refused. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;
  constructor(failure: TransportFailure, detail: string) {
    super(detail);
    this.failure = failure;
  }
}

export interface SendOptions {
  /** Longest silence: connecting, or waiting for the next bytes. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpTransport {
  /** Rejects with TransportError. */
  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse>;
  /** Closes idle connections; requests under way go on. */
  close(): void;
}
