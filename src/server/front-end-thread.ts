/**
 * A front end in a thread of its own: it accepts connections, decodes, authenticates, authorises
 * and routes; its back end, the directory and the control plane are at the other end of its link.
 *
 * What it keeps of those is a copy; nothing is acknowledged here that the other end has not.
 */
import type { Access, Caller } from '../api/operation.ts';
import { SealedTokens } from '../api/sealed-tokens.ts';
import { credentialsFrom } from '../auth/credential-file.ts';
import type { CredentialSource } from '../auth/credential-file.ts';
import type { Credential, CredentialStore } from '../auth/credential-store.ts';
import { PolicyAccess } from '../auth/policy-access.ts';
import { SigV4Authenticator } from '../auth/sigv4.ts';
import { BufferPool } from '../common/buffer-pool.ts';
import { DirectoryReplica } from '../cache/directory-replica.ts';
import type { HttpLimits } from '../frontend/http-options.ts';
import { HttpListener } from '../frontend/listener.ts';
import type { SocketHandle } from '../frontend/listener.ts';
import { Pipeline } from '../frontend/pipeline.ts';
import type { Authenticator } from '../frontend/pipeline.ts';
import { RemoteBackend, REMOTE_BACKEND_DEFAULTS } from '../frontend/remote-backend.ts';
import { Router } from '../frontend/router.ts';
import { measureEventLoop } from '../metrics/process-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import type { BodyBuffers } from '../runtime/body-buffers.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Link } from '../runtime/link.ts';
import { NodeAcceptTurns } from '../runtime/node/accept-turns.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { Rpc } from '../runtime/rpc.ts';
import { ownBodies } from './bodies.ts';
import { BUFFER_OPTIONS, TRIM_EVERY_MS } from './buffer-options.ts';
import { FrontEndApi } from './front-end-api.ts';
import type { ForwardableBody } from './front-end-api.ts';
import { frontEndKinds, readCertificate, readCredentials } from './front-end-wire.ts';
import type { LogOptions } from './log.ts';
import { openLog, standardError } from './log.ts';
import { openAccess } from './open-access.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { PemIdentity } from './self-signed.ts';
import { resourceFacts } from './verified-access.ts';

/** What a front end is started with. */
export interface FrontEndData {
  /** From 1: the server's thread is 0. */
  readonly number: number;
  /** Of the data port, the server's; to be copied. */
  readonly descriptor: number;
  /** See AcceptTurns. */
  readonly acceptCounts: SharedArrayBuffer;
  readonly region: string;
  readonly auth: 'open' | 'verify';
  readonly limited: boolean;
  readonly sealingKey: Uint8Array;
  /** `later`: sent when it has been made. */
  readonly certificate: PemIdentity | 'later' | 'none';
  readonly http: HttpLimits;
  readonly drainMs: number;
  readonly log: LogOptions;
  readonly credentialsPath: string;
}

/** Calls that wait for the other end; more are refused. */
export const FRONT_END_CALLS_MAX = 20_000;
/** The other end asks for little: metrics, and to stop. */
const servedMax = 16;

/** Serves what comes to `socket` until it is told to stop. */
export async function runFrontEnd(
  link: Link,
  data: FrontEndData,
  socket: Promise<SocketHandle>,
): Promise<void> {
  const clock = new NodeClock();
  const log = await openLog({ now: () => clock.now(), sink: standardError() }, { ...data.log });
  const onProblem = (error: unknown): void =>
    log.error({ err: error, frontEnd: data.number }, 'the link to the server has a problem');
  const rpc = new Rpc({ link, clock, onProblem }, { callsMax: FRONT_END_CALLS_MAX, servedMax });
  const random = new NodeRandom();
  const buffers = new BufferPool(BUFFER_OPTIONS);
  const bodies = ownBodies(buffers, (shown) => rpc.show(shown));
  clock.every(TRIM_EVERY_MS, () => {
    buffers.trim();
    bodies.trim();
  });
  const backend = new RemoteBackend({ rpc, buffers, lender: bodies }, REMOTE_BACKEND_DEFAULTS);
  const directory = new DirectoryReplica({ rpc });
  const { access, authenticator, known } = accessOf(clock, rpc, directory, data);
  const registry = new MetricsRegistry();
  measureEventLoop({ clock, registry });
  registry.counted(
    {
      name: 'tailrace_appends_lent_total',
      help: 'Appends of front ends whose records stayed where they had been decoded.',
    },
    () => backend.lentAppends,
  );
  const parts = {
    clock,
    data: new Router({ map: directory.map, backend, random, clock, spread: null }),
    consumers: directory,
    tokens: new SealedTokens({ random }, data.sealingKey),
    access,
    rpc,
    buffers,
  };
  const pipeline = new Pipeline<Caller, ForwardableBody>({
    clock,
    random,
    log,
    observer: new RequestMetrics(registry),
    authenticator,
    api: new FrontEndApi(parts, { region: data.region, limited: data.limited }),
  });
  const listener = listenerOf({ clock, rpc, registry, pipeline, buffers, bodies }, data);
  serveMetrics(rpc, registry);
  serveDrain(rpc, pipeline, listener, data.drainMs);
  rpc.start();
  const [handle] = await Promise.all([socket, directory.complete, known]);
  const turns = new NodeAcceptTurns(data.acceptCounts, data.number);
  await listener.listen({ handle, turns });
  rpc.notify(frontEndKinds.ready, () => undefined);
}

interface AccessParts {
  readonly access: Access;
  readonly authenticator: Authenticator<Caller>;
  /** Resolves when there is something to decide by. */
  readonly known: Promise<void>;
}

function accessOf(
  clock: Clock,
  rpc: Rpc,
  directory: DirectoryReplica,
  data: FrontEndData,
): AccessParts {
  if (data.auth === 'open') return { ...openAccess, known: Promise.resolve() };
  const credentials = new CredentialCopy(data.credentialsPath);
  const known = new Promise<void>((resolve) => {
    rpc.hear(frontEndKinds.credentials, (body) => {
      credentials.replace(readCredentials(body));
      resolve();
    });
  });
  const resources = resourceFacts(directory);
  return {
    access: new PolicyAccess({ clock, resources }, data.region),
    authenticator: new SigV4Authenticator({ clock, credentials }, data.region),
    known,
  };
}

/** The credentials that the server has, in this thread. */
class CredentialCopy implements CredentialStore {
  readonly #path: string;
  #credentials: ReadonlyMap<string, Credential> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  find(accessKeyId: string): Credential | undefined {
    return this.#credentials.get(accessKeyId);
  }

  replace(source: CredentialSource): void {
    this.#credentials = credentialsFrom(this.#path, source);
  }
}

interface ListenerParts {
  readonly clock: Clock;
  readonly buffers: BufferPool;
  readonly bodies: BodyBuffers;
  readonly rpc: Rpc;
  readonly registry: MetricsRegistry;
  readonly pipeline: Pipeline<Caller, ForwardableBody>;
}

function listenerOf(parts: ListenerParts, { certificate, http }: FrontEndData): HttpListener {
  const { clock, rpc, registry, pipeline, buffers, bodies } = parts;
  const later = new Promise<PemIdentity>((resolve, reject) => {
    rpc.hear(frontEndKinds.certificate, (body) => {
      const made = readCertificate(body);
      if (made === null) reject(new Error('no certificate could be made'));
      else resolve(made);
    });
  });
  later.catch(() => undefined);
  const tls = certificate === 'none' ? null : certificate === 'later' ? later : certificate;
  const listener = new HttpListener(
    { clock, handler: pipeline, bodies, buffers },
    { limits: http, tls },
  );
  registry.measured(
    { name: 'tailrace_http_connections', help: 'Open connections of the data port.' },
    () => listener.connectionCount,
  );
  return listener;
}

function serveMetrics(rpc: Rpc, registry: MetricsRegistry): void {
  rpc.serve(frontEndKinds.metrics, (_body, answer) => {
    registry.text().then(
      (text) => answer.send((writer) => writer.text(text)),
      (error: unknown) => answer.refuse('failed', String(error)),
    );
  });
}

function serveDrain(
  rpc: Rpc,
  pipeline: Pipeline<Caller, ForwardableBody>,
  listener: HttpListener,
  drainMs: number,
): void {
  rpc.serve(frontEndKinds.drain, (_body, answer) => {
    pipeline.endStreams();
    listener.close(drainMs).then(
      () => answer.send(() => undefined),
      (error: unknown) => answer.refuse('failed', String(error)),
    );
  });
}
