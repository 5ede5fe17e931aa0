/**
 * Shard-level metrics of streams that asked for them with EnableEnhancedMonitoring: a value per
 * shard, only while the stream wants that metric, read when the metrics page is asked for.
 */
import type { ShardUse } from '../backend/shard-state.ts';
import type { VolumeBackend } from '../backend/volume-backend.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import { shardId } from '../model/shard-id.ts';
import type { MetricsName } from '../model/stream.ts';
import type { ShardEntry, StreamEntry } from '../shardmap/shard-map.ts';

export interface ShardMetricsDependencies {
  readonly registry: MetricsRegistry;
  readonly map: { streams(): Iterable<StreamEntry> };
  /** Owner of each volume held here. */
  readonly volumes: ReadonlyMap<number, VolumeBackend>;
}

interface ShardMetric {
  readonly name: string;
  readonly help: string;
  readonly of: keyof ShardUse | 'iteratorAgeMs';
}

/** The seven metrics of the service, as this server names them. */
const shardMetrics: Readonly<Record<MetricsName, ShardMetric>> = {
  IncomingBytes: {
    name: 'tailrace_shard_incoming_bytes',
    help: 'Bytes of data and partition keys stored in the shard since the server started.',
    of: 'bytesIn',
  },
  IncomingRecords: {
    name: 'tailrace_shard_incoming_records',
    help: 'Records stored in the shard since the server started.',
    of: 'recordsIn',
  },
  OutgoingBytes: {
    name: 'tailrace_shard_outgoing_bytes',
    help: 'Bytes of data and partition keys read from the shard since the server started.',
    of: 'bytesOut',
  },
  OutgoingRecords: {
    name: 'tailrace_shard_outgoing_records',
    help: 'Records read from the shard since the server started.',
    of: 'recordsOut',
  },
  WriteProvisionedThroughputExceeded: {
    name: 'tailrace_shard_writes_throttled',
    help: 'Records over the write limit of the shard since the server started.',
    of: 'writesThrottled',
  },
  ReadProvisionedThroughputExceeded: {
    name: 'tailrace_shard_reads_throttled',
    help: 'Reads over the read limit of the shard since the server started.',
    of: 'readsThrottled',
  },
  IteratorAgeMilliseconds: {
    name: 'tailrace_shard_iterator_age_milliseconds',
    help: 'How far the last read of the shard was behind its newest record.',
    of: 'iteratorAgeMs',
  },
};

const labels = ['account', 'stream', 'shard'];

export function registerShardMetrics(dependencies: ShardMetricsDependencies): void {
  const { registry, map, volumes } = dependencies;
  for (const [wanted, { name, help, of }] of Object.entries(shardMetrics)) {
    registry.measuredEach({ name, help }, labels, (set) => {
      for (const { document, byIndex } of map.streams()) {
        if (!document.shardLevelMetrics.includes(wanted as MetricsName)) continue;
        for (const shard of byIndex.values()) {
          const value = valueOf(volumes, shard, of);
          set(value, document.account, document.name, shardId(shard.document.index));
        }
      }
    });
  }
}

function valueOf(
  volumes: ReadonlyMap<number, VolumeBackend>,
  { document }: ShardEntry,
  of: ShardMetric['of'],
): number {
  const backend = volumes.get(document.volume);
  if (of === 'iteratorAgeMs') return backend?.iteratorAgeMs(document.key) ?? 0;
  return backend?.use(document.key)?.[of] ?? 0;
}
