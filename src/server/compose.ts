/**
 * Puts a server together from its parts, and takes it apart again: storage, shard map, back ends,
 * control plane, operations, pipeline, ports. Nothing here decides anything about records or
 * requests.
 */
import { SealedTokens } from '../api/sealed-tokens.ts';
import type { Caller } from '../api/operation.ts';
import type { ControlPlane } from '../api/ports.ts';
import type { DecodedBody } from '../api/registry.ts';
import { BackendSet } from '../backend/backend-set.ts';
import { VolumeBackend } from '../backend/volume-backend.ts';
import { BucketCheck } from '../channels/bucket-check.ts';
import { ChannelDeliveries, DELIVERY_DEFAULTS } from '../channels/channel-deliveries.ts';
import { DeliveryMetrics } from '../channels/delivery-metrics.ts';
import type { RecordSource } from '../channels/record-source.ts';
import { S3Buckets, S3_DEFAULTS } from '../channels/s3-buckets.ts';
import { BufferPool } from '../common/buffer-pool.ts';
import { SEAL_KEY_BYTES } from '../common/sealed-box.ts';
import type { ControlPlaneDependencies } from '../control/control-plane-service.ts';
import { ControlPlaneService } from '../control/control-plane-service.ts';
import { ON_DEMAND_DEFAULTS } from '../control/on-demand.ts';
import { RetentionDriver } from '../control/retention.ts';
import { defaultHttpLimits } from '../frontend/http-options.ts';
import { HttpListener } from '../frontend/listener.ts';
import { OperationLimits } from '../frontend/operation-limits.ts';
import { Pipeline } from '../frontend/pipeline.ts';
import { Router } from '../frontend/router.ts';
import { measureProcess } from '../metrics/process-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import { NodeCompressor } from '../runtime/node/compressor.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeOs } from '../runtime/node/os.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import type { Random } from '../runtime/random.ts';
import { ShardMap } from '../shardmap/local-shard-map.ts';
import { CasError } from '../storage/meta-store.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { AdminServer } from './admin.ts';
import { chainedCredentials } from './aws-credentials.ts';
import type { ScalingLookup } from './admin.ts';
import { ConfigError } from './config.ts';
import type { Log } from './log.ts';
import { openKeys } from './open-keys.ts';
import { openAccess } from './open-access.ts';
import type { ServerConfig } from './options.ts';
import type { PemIdentity } from './self-signed.ts';
import { RequestMetrics } from './request-metrics.ts';
import { ServerApi } from './server-api.ts';
import { openStorage } from './storage.ts';
import type { OpenedStorage } from './storage.ts';
import { registerShardMetrics } from './shard-metrics.ts';
import { registerVolumeMetrics } from './volume-metrics.ts';
import { findTls } from './tls-identity.ts';
import type { TlsSource } from './tls-identity.ts';
import { openVerifiedAccess } from './verified-access.ts';
import type { AccessParts, VerifiedAccessDependencies } from './verified-access.ts';

/** Requests in flight get this long to finish when the server stops; the rest is cut. */
export const drainMs = 8_000;

const MiB = 1024 * 1024;
/**
 * Buffers for everything on its way through: bodies, batches, records read from disk, pieces of
 * answers. Two answers of GetRecords from disk and the pieces they are sent in fit.
 */
const bufferOptions = { idleBytesMax: 32 * MiB, bufferBytesMax: 16 * MiB };
/** What was not needed for so long goes back to the system. */
const trimEveryMs = 10_000;

/** A config with the admin port made optional: embedded servers have none unless asked. */
export interface ComposeConfig extends Omit<ServerConfig, 'adminPort'> {
  readonly adminPort: number | null;
}

export interface ComposedServer {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number | null;
  readonly tls: boolean;
  /** Drains and stops; later calls wait for the first. */
  close(): Promise<void>;
}

/** What was opened, to be closed in the opposite order. */
class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Closes everything even if something fails, then throws the first failure. */
  async run(): Promise<void> {
    let failure: unknown = null;
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== null) throw failure as Error;
  }
}

/** Opens everything and listens. Throws StoreLockedError, ConfigError, or what the system says. */
export async function composeServer(config: ComposeConfig, log: Log): Promise<ComposedServer> {
  const closers = new Closers();
  try {
    return await compose(config, log, closers);
  } catch (error) {
    await closers.run().catch(() => undefined);
    throw error;
  }
}

async function compose(config: ComposeConfig, log: Log, closers: Closers): Promise<ComposedServer> {
  if (config.auth === 'verify' && config.inMemory) {
    throw new ConfigError('--auth verify needs a data directory: credentials are kept in it');
  }
  const clock = new NodeClock();
  const random = new NodeRandom();
  const disk = new NodeDisk();
  const metrics = new MetricsRegistry();
  const sampling = measureProcess({ clock, os: new NodeOs(), registry: metrics });
  closers.add(() => sampling.cancel());

  const buffers = new BufferPool(bufferOptions);
  const trimming = clock.every(trimEveryMs, () => buffers.trim());
  closers.add(() => trimming.cancel());

  const directory = config.inMemory ? null : config.dataDir;
  const storage = await openStorage(
    { clock, disk, random, log, registry: metrics, buffers },
    { ...config, directory },
  );
  closers.add(() => storage.close());

  const { meta } = storage;
  const { keyring, keys } = await openKeys(
    { disk, clock, random, meta, log, credentials: chainedCredentials() },
    config,
  );
  closers.add(() => keyring.close());

  const map = new ShardMap();
  const volumes = new Map<number, VolumeBackend>();
  for (const [volume, store] of storage.volumes) {
    const options = { volume, limits: config.limits };
    volumes.set(volume, new VolumeBackend({ store, map, clock, keys }, options));
  }
  registerVolumeMetrics(metrics, storage, [...volumes.values()]);
  registerShardMetrics({ registry: metrics, map, volumes });
  const backend = new BackendSet({ map, volumes });
  const buckets = openBuckets(config, closers);
  const destinations = new BucketCheck({ buckets });
  const plane = { meta, clock, shardMap: map, backend, keys, random, destinations, log };
  const control = await openControl({ metrics, plane, config, storage, volumes, closers });

  openDeliveries({ plane, control, backend, volumes, buckets, metrics, closers });
  const tokens = new SealedTokens({ random }, await sealingKey(meta, random));
  const data = new Router({ map, backend, random, clock, buffers });
  const { access, authenticator } =
    config.auth === 'open'
      ? openAccess
      : await verifiedAccess({ disk, clock, log, keys: keyring, control }, config, closers);
  const limits = new OperationLimits({ clock }, config.limits);
  metrics.counted(
    { name: 'tailrace_calls_over_rate_total', help: 'Calls over the rate of their operation.' },
    () => limits.overRate,
  );
  const pipeline = new Pipeline<Caller, DecodedBody>({
    clock,
    random,
    log,
    observer: new RequestMetrics(metrics),
    authenticator,
    api: new ServerApi({ clock, data, control, tokens, access, limits, buffers }, config.region),
  });
  const scaling = scalingOf(control);
  return listen({ config, clock, log, closers, metrics, pipeline, buffers, scaling });
}

function scalingOf(control: ControlPlane): ScalingLookup {
  return (account, name) => {
    const stream = control.stream(account, name);
    return stream === null ? null : control.scalingHistory(stream);
  };
}

async function verifiedAccess(
  dependencies: VerifiedAccessDependencies,
  config: ComposeConfig,
  closers: Closers,
): Promise<AccessParts> {
  const access = await openVerifiedAccess(dependencies, config);
  closers.add(() => access.close());
  return access;
}

interface DeliveryParts {
  readonly plane: ControlPlaneDependencies;
  readonly control: ControlPlaneService;
  readonly backend: BackendSet;
  readonly volumes: ReadonlyMap<number, VolumeBackend>;
  readonly buckets: S3Buckets;
  readonly metrics: MetricsRegistry;
  readonly closers: Closers;
}

/** Channels at work. */
function openDeliveries(parts: DeliveryParts): void {
  const { plane, control, backend, volumes, buckets, metrics, closers } = parts;
  const source: RecordSource = {
    read: async (request) => {
      const volume = plane.shardMap.shard(request.shard)?.document.volume;
      const owner = volume === undefined ? undefined : volumes.get(volume);
      return (await owner?.readForDelivery(request)) ?? { kind: 'gone' };
    },
    position: (shard, query) => backend.position(shard, query),
  };
  const deliveries = new ChannelDeliveries(
    {
      clock: plane.clock,
      meta: plane.meta,
      directory: control,
      source,
      buckets,
      compressor: new NodeCompressor(),
      metrics: new DeliveryMetrics({ registry: metrics }),
      log: plane.log,
    },
    DELIVERY_DEFAULTS,
  );
  deliveries.start();
  closers.add(async () => {
    const closed = deliveries.close();
    // Requests on their way are cut: what they put is put again after the next start.
    buckets.close();
    await closed;
  });
  metrics.measured(
    {
      name: 'tailrace_channel_data_freshness_seconds',
      help: 'Age of the oldest record that a channel has not delivered.',
    },
    () => deliveries.dataFreshnessSeconds,
  );
  metrics.measured(
    {
      name: 'tailrace_channel_failing_shards',
      help: 'Shards whose last try to deliver to a bucket failed.',
    },
    () => deliveries.failingShards,
  );
}

function openBuckets(config: ComposeConfig, closers: Closers): S3Buckets {
  const buckets = new S3Buckets({
    ...S3_DEFAULTS,
    endpoint: config.s3Endpoint ?? null,
    region: config.s3Region ?? config.region,
  });
  closers.add(() => buckets.close());
  return buckets;
}

interface ListenParts {
  readonly config: ComposeConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly closers: Closers;
  readonly metrics: MetricsRegistry;
  readonly pipeline: Pipeline<Caller, DecodedBody>;
  readonly buffers: BufferPool;
  readonly scaling: ScalingLookup;
}

async function listen(parts: ListenParts): Promise<ComposedServer> {
  const { config, clock, log, closers, metrics, pipeline, buffers, scaling } = parts;
  const tls = await findTls(config, clock.now());
  const certificate = certificateOf(tls, log);
  const listener = new HttpListener(
    { clock, handler: pipeline, buffers },
    { limits: defaultHttpLimits, tls: certificate.identity },
  );
  metrics.measured(
    { name: 'tailrace_http_connections', help: 'Open connections of the data port.' },
    () => listener.connectionCount,
  );
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let adminPort: number | null = null;
  if (config.adminPort !== null) {
    const readiness = (): string | null => (state === 'ready' ? null : state);
    const admin = new AdminServer({ metrics, readiness, scaling });
    adminPort = await admin.listen(config.adminPort);
    closers.add(() => admin.close());
  }
  const { port } = await listener.listen({ host: config.host, port: config.port });
  state = 'ready';
  certificate.begin();
  closers.add(async () => {
    await certificate.settled;
    pipeline.endStreams();
    await listener.close(drainMs);
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    state = 'stopping';
    closed ??= closers.run();
    return closed;
  };
  return { host: config.host, port, adminPort, tls: tls.kind !== 'off', close };
}

interface Certificate {
  readonly identity: PemIdentity | Promise<PemIdentity> | null;
  /** Makes it if it has to be made: cleartext clients are served meanwhile. */
  readonly begin: () => void;
  /** Never rejects. */
  readonly settled: Promise<void>;
}

function certificateOf(tls: TlsSource, log: Log): Certificate {
  const settled = Promise.resolve();
  if (tls.kind === 'off') return { identity: null, begin: () => undefined, settled };
  if (tls.kind === 'there') return { identity: tls.identity, begin: () => undefined, settled };
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const identity = begun.then(() => tls.make());
  const made = identity.then(
    () => undefined,
    (error: unknown) => log.error({ err: error }, 'no certificate could be made: there is no TLS'),
  );
  return { identity, begin, settled: made };
}

interface ControlParts {
  readonly metrics: MetricsRegistry;
  readonly plane: ControlPlaneDependencies;
  readonly config: ComposeConfig;
  readonly storage: OpenedStorage;
  readonly volumes: ReadonlyMap<number, VolumeBackend>;
  readonly closers: Closers;
}

/** The control plane, and what it does by itself: retention and on-demand scaling. */
async function openControl(parts: ControlParts): Promise<ControlPlaneService> {
  const { plane, config, storage, volumes, closers } = parts;
  const control = await ControlPlaneService.open(plane, {
    region: config.region,
    transitionMs: config.transitionMs,
    volumes: storage.volumes.size,
    limits: config.limits,
  });
  closers.add(() => control.close());
  parts.metrics.counted(
    { name: 'tailrace_quotas_passed_total', help: 'Calls that would pass an account quota.' },
    () => control.quotasPassed,
  );
  const retention = new RetentionDriver(
    { clock: plane.clock, control, stores: [...storage.volumes.values()], log: plane.log },
    { periodMs: config.retentionSweepMs },
  );
  closers.add(() => retention.close());
  const scaler = control.scaleOnDemand(
    (shard) => bytesWritten(plane.shardMap, volumes, shard),
    ON_DEMAND_DEFAULTS,
  );
  closers.add(() => scaler.close());
  return control;
}

/** Bytes that clients wrote to a shard since its back end opened it. */
function bytesWritten(
  map: ShardMap,
  volumes: ReadonlyMap<number, VolumeBackend>,
  shard: ShardKey,
): number | undefined {
  const volume = map.shard(shard)?.document.volume;
  return volume === undefined ? undefined : volumes.get(volume)?.use(shard)?.bytesIn;
}

const sealingKeyName = 'server/sealing-key';

/** The key of iterators and page tokens: made once, kept with the metadata. */
async function sealingKey(meta: MetaStore, random: Random): Promise<Uint8Array> {
  const known = await meta.get(sealingKeyName);
  if (known !== null) return known.value;
  const made = random.bytes(SEAL_KEY_BYTES);
  try {
    await meta.commit([{ key: sealingKeyName, expect: 'absent', value: made }]);
    return made;
  } catch (error) {
    if (!(error instanceof CasError)) throw error;
    return (await meta.get(sealingKeyName))!.value;
  }
}
