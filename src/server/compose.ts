/**
 * Puts a server together from its parts, and takes it apart again: storage, shard map, back ends,
 * control plane, operations, pipeline, ports. Nothing here decides anything about records or
 * requests.
 */
import { SealedTokens } from '../api/sealed-tokens.ts';
import type { ControlPlane } from '../api/ports.ts';
import { BackendSet } from '../backend/backend-set.ts';
import { VolumeBackend } from '../backend/volume-backend.ts';
import { BucketCheck } from '../channels/bucket-check.ts';
import { ChannelDeliveries, DELIVERY_DEFAULTS } from '../channels/channel-deliveries.ts';
import { DeliveryMetrics } from '../channels/delivery-metrics.ts';
import type { RecordSource } from '../channels/record-source.ts';
import { S3Buckets, S3_DEFAULTS } from '../channels/s3-buckets.ts';
import { BufferPool } from '../common/buffer-pool.ts';
import type { ControlPlaneDependencies } from '../control/control-plane-service.ts';
import { ControlPlaneService } from '../control/control-plane-service.ts';
import { ON_DEMAND_DEFAULTS } from '../control/on-demand.ts';
import { RetentionDriver } from '../control/retention.ts';
import { OperationLimits } from '../frontend/operation-limits.ts';
import { Router } from '../frontend/router.ts';
import { Spread } from '../frontend/spread.ts';
import { sumExpositions } from '../metrics/exposition-sum.ts';
import { measureProcess } from '../metrics/process-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import { NodeCompressor } from '../runtime/node/compressor.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeOs } from '../runtime/node/os.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import type { Os } from '../runtime/os.ts';
import { ShardMap } from '../shardmap/local-shard-map.ts';
import { AdminServer } from './admin.ts';
import { chainedCredentials } from './aws-credentials.ts';
import type { ScalingLookup } from './admin.ts';
import { BUFFER_OPTIONS, TRIM_EVERY_MS } from './buffer-options.ts';
import { certificateOf } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { Closers } from './closers.ts';
import { ConfigError } from './config.ts';
import { dataPort } from './data-port.ts';
import type { DataPort } from './data-port.ts';
import type { Log } from './log.ts';
import { openKeys } from './open-keys.ts';
import { openAccess } from './open-access.ts';
import type { ServerConfig } from './options.ts';
import { ServerApi } from './server-api.ts';
import { openStorage } from './storage.ts';
import type { OpenedStorage } from './storage.ts';
import { registerShardMetrics } from './shard-metrics.ts';
import { registerVolumeMetrics } from './volume-metrics.ts';
import { findTls } from './tls-identity.ts';
import { openVerifiedAccess } from './verified-access.ts';
import type { VerifiedAccess, VerifiedAccessDependencies } from './verified-access.ts';

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
  const os = new NodeOs();
  const sampling = measureProcess({ clock, os, registry: metrics });
  closers.add(() => sampling.cancel());

  const buffers = new BufferPool(BUFFER_OPTIONS);
  const trimming = clock.every(TRIM_EVERY_MS, () => buffers.trim());
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
  const key = storage.sealingKey;
  const tokens = new SealedTokens({ random }, key);
  const spread = new Spread();
  const data = new Router({ map, backend, random, clock, spread });
  const { access, authenticator, credentials } =
    config.auth === 'open'
      ? { ...openAccess, credentials: null }
      : await verifiedAccess({ disk, clock, log, keys: keyring, control }, config, closers);
  const limits = callLimits(clock, metrics, config);
  const parts = { clock, data, control, tokens, access, limits, buffers };
  const api = new ServerApi(parts, config.region);
  const tls = await findTls(config, clock.now());
  const certificate = certificateOf(tls, log);
  const port = dataPort(
    {
      ...{ clock, random, os, log, api, authenticator, credentials, backend, limits, buffers },
      ...{ spread, registry: metrics, directory: control },
    },
    { config, certificate: certificate.identity, sealingKey: key },
    workerCount(config, os),
  );
  const listening = { port, certificate, closers, metrics, scaling: scalingOf(control) };
  return listen(listening, { ...config, tls: tls.kind !== 'off' });
}

function callLimits(
  clock: Clock,
  metrics: MetricsRegistry,
  config: ComposeConfig,
): OperationLimits {
  const limits = new OperationLimits({ clock }, config.limits);
  metrics.counted(
    { name: 'tailrace_calls_over_rate_total', help: 'Calls over the rate of their operation.' },
    () => limits.overRate,
  );
  return limits;
}

/** `auto` is one front end per core, of which this thread is one. */
function workerCount({ workers }: ComposeConfig, os: Os): number {
  return workers === 'auto' ? Math.min(64, Math.max(1, os.cpuCount)) : workers;
}

interface ListenParts {
  readonly port: DataPort;
  readonly certificate: Certificate;
  readonly closers: Closers;
  readonly metrics: MetricsRegistry;
  readonly scaling: ScalingLookup;
}

interface ListenOptions {
  readonly host: string;
  readonly adminPort: number | null;
  readonly tls: boolean;
}

async function listen(parts: ListenParts, options: ListenOptions): Promise<ComposedServer> {
  const { port, certificate, closers, metrics, scaling } = parts;
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let adminPort: number | null = null;
  if (options.adminPort !== null) {
    const readiness = (): string | null => (state === 'ready' ? null : state);
    const page = {
      contentType: metrics.contentType,
      text: async () => together(await metrics.text(), await port.metrics()),
    };
    const admin = new AdminServer({ metrics: page, readiness, scaling });
    adminPort = await admin.listen(options.adminPort);
    closers.add(() => admin.close());
  }
  closers.add(() => port.close());
  const bound = await port.listen();
  state = 'ready';
  certificate.begin();
  closers.add(() => certificate.settled);
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    state = 'stopping';
    closed ??= closers.run();
    return closed;
  };
  return { host: options.host, port: bound, adminPort, tls: options.tls, close };
}

/** Metrics of this thread and of others. */
function together(own: string, others: string): string {
  return others === '' ? own : sumExpositions([own, others]);
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
): Promise<VerifiedAccess> {
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
