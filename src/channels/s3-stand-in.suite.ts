/** A small S3 for tests, over real HTTP: path-style PUT, GET and HEAD, If-None-Match, owners. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface StoredObject {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
}

export class S3StandIn {
  /** Account that owns each bucket. */
  readonly owners: Map<string, string> = new Map();
  /** By path, `/bucket/key`. */
  readonly objects: Map<string, StoredObject> = new Map();
  /** Method and path of every request. */
  readonly requests: string[] = [];
  /** Whether If-None-Match on writes is known. */
  conditional = true;
  /** Requests that are answered with 503 first. */
  failing = 0;
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', headers } = request;
    const path = new URL(request.url!, 'http://s3').pathname;
    this.requests.push(`${method} ${path}`);
    const refuse = (status: number, code: string): void => {
      const xml = `<Error><Code>${code}</Code><Message>injected</Message></Error>`;
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(method === 'HEAD' ? undefined : xml);
    };
    if (!/^AWS4-HMAC-SHA256 /.test(headers.authorization ?? '')) return refuse(403, 'AccessDenied');
    if (this.failing > 0) {
      this.failing -= 1;
      return refuse(503, 'SlowDown');
    }
    const owner = this.owners.get(path.split('/')[1]!);
    if (owner === undefined) return refuse(404, 'NoSuchBucket');
    const expected = headers['x-amz-expected-bucket-owner'];
    if (expected !== undefined && expected !== owner) return refuse(403, 'AccessDenied');
    if (method === 'PUT') return this.#put(path, headers, Buffer.concat(chunks), response, refuse);
    const isBucket = path.split('/').filter((part) => part !== '').length === 1;
    const found = this.objects.get(path);
    if (!isBucket && found === undefined) return refuse(404, 'NoSuchKey');
    response.writeHead(200);
    response.end(method === 'HEAD' ? undefined : found?.body);
  }

  #put(
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
    response: ServerResponse,
    refuse: (status: number, code: string) => void,
  ): void {
    const condition = headers['if-none-match'] !== undefined;
    if (condition && !this.conditional) return refuse(501, 'NotImplemented');
    if (condition && this.objects.has(path)) return refuse(412, 'PreconditionFailed');
    this.objects.set(path, { body, headers });
    response.writeHead(200, { etag: '"0"' });
    response.end();
  }
}
