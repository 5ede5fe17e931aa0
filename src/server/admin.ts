/**
 * The admin port: is the process alive (`/healthz`), should it get traffic (`/readyz`), its metrics
 * (`/metrics`), and why a stream has the shards it has (`/streams/ACCOUNT/NAME/scaling`). On
 * loopback; it changes nothing and needs no credentials.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScalingEvent } from '../api/ports.ts';

/** Null while the server should get traffic, else why not. */
export type Readiness = () => string | null;

/** Changes of the number of shards of a stream, oldest first; null when there is no such stream. */
export type ScalingLookup = (account: string, stream: string) => readonly ScalingEvent[] | null;

/** What `/metrics` shows. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface AdminDependencies {
  readonly metrics: MetricsPage;
  readonly readiness: Readiness;
  readonly scaling: ScalingLookup;
}

const adminHost = '127.0.0.1';
const requestTimeoutMs = 10_000;
const streamPath = /^\/streams\/(\d{12})\/([a-zA-Z0-9_.-]{1,128})\/scaling$/;

export class AdminServer {
  readonly #metrics: MetricsPage;
  readonly #readiness: Readiness;
  readonly #scaling: ScalingLookup;
  readonly #server: Server;

  constructor(dependencies: AdminDependencies) {
    this.#metrics = dependencies.metrics;
    this.#readiness = dependencies.readiness;
    this.#scaling = dependencies.scaling;
    this.#server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Resolves with the port; rejects when it cannot be bound. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, adminHost, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const stream = streamPath.exec(path);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain', 'only GET\n');
    } else if (path === '/healthz') {
      send(response, 200, 'text/plain', 'ok\n');
    } else if (path === '/readyz') {
      const reason = this.#readiness();
      send(response, reason === null ? 200 : 503, 'text/plain', `${reason ?? 'ready'}\n`);
    } else if (path === '/metrics') {
      send(response, 200, this.#metrics.contentType, await this.#metrics.text());
    } else if (stream !== null) {
      const events = this.#scaling(stream[1]!, stream[2]!);
      const body = `${JSON.stringify(events ?? { message: 'no such stream' })}\n`;
      send(response, events === null ? 404 : 200, 'application/json', body);
    } else {
      send(response, 404, 'text/plain', 'here are /healthz, /readyz and /metrics\n');
    }
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
