/** The HttpTransport of the host: HTTP/1.1 over kept connections, with TLS for `https:`. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { HttpRequest, HttpResponse, HttpTransport, SendOptions } from './http-transport.ts';
import { TransportError } from './http-transport.ts';
import type { TransportFailure } from './http-transport.ts';

export interface NodeHttpTransportOptions {
  /** `http:` or `https:` with host and port; a path is put before that of every request. */
  readonly endpoint: URL;
  /** Connections at once; more requests wait for one of them. */
  readonly connectionsMax: number;
  /** Takes any certificate: for the self-signed one of a server of one's own. */
  readonly insecure: boolean;
}

/** GetRecords answers hold at most 10 MiB of data, which is 14 MiB of JSON. */
const responseBytesMax = 64 * 1024 * 1024;

export class NodeHttpTransport implements HttpTransport {
  readonly #agent: HttpAgent;
  readonly #open: (
    options: RequestOptions,
    answered: (r: IncomingMessage) => void,
  ) => ClientRequest;
  readonly #target: RequestOptions;
  readonly #prefix: string;

  constructor(options: NodeHttpTransportOptions) {
    const { endpoint, connectionsMax: maxSockets, insecure } = options;
    const secure = endpoint.protocol === 'https:';
    this.#agent = secure
      ? new HttpsAgent({ keepAlive: true, maxSockets, rejectUnauthorized: !insecure })
      : new HttpAgent({ keepAlive: true, maxSockets });
    this.#open = secure ? httpsRequest : httpRequest;
    this.#target = {
      // The brackets of an IPv6 address belong to the URL only.
      hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
      port: endpoint.port === '' ? (secure ? 443 : 80) : Number(endpoint.port),
      agent: this.#agent,
    };
    this.#prefix = endpoint.pathname.replace(/\/$/, '');
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    const { method, headers } = request;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(asTransportError(error, options.signal));
      const path = this.#prefix + request.path;
      const timeout = options.timeoutMs;
      const outgoing = this.#open(
        { ...this.#target, method, headers, path, timeout, signal: options.signal },
        (incoming) => readBody(incoming, resolve, fail),
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new TransportError('timeout', `no answer within ${timeout} ms`)),
      );
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function readBody(
  incoming: IncomingMessage,
  resolve: (response: HttpResponse) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > responseBytesMax) incoming.destroy(new Error('the answer is too large'));
    else chunks.push(chunk);
  });
  incoming.on('error', fail);
  incoming.on('end', () => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
    const body = Buffer.concat(chunks).toString('utf8');
    resolve({ status: incoming.statusCode ?? 0, headers, body });
  });
}

const failures: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate',
  CERT_HAS_EXPIRED: 'certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate',
};

function asTransportError(error: unknown, signal: AbortSignal | undefined): TransportError {
  if (error instanceof TransportError) return error;
  if (signal?.aborted === true) return new TransportError('aborted', 'aborted');
  // `localhost` is tried at two addresses; what they have in common is in the code of the whole.
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = message === '' || message === undefined ? (code ?? String(error)) : message;
  return new TransportError(failures[code ?? ''] ?? 'broken', detail);
}
