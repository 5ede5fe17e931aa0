/**
 * Records as metrics: what went in and out and what limits refused, over all shards of the server,
 * and damage found in storage.
 */
import type { VolumeBackend } from '../backend/volume-backend.ts';
import { sizeBuckets } from '../metrics/registry.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { OpenedStorage } from './storage.ts';

export function registerVolumeMetrics(
  registry: MetricsRegistry,
  storage: OpenedStorage,
  backends: readonly VolumeBackend[],
): void {
  const total = (name: string, help: string, of: keyof VolumeBackend['total']): void => {
    registry.counted({ name, help }, () =>
      backends.reduce((sum, backend) => sum + backend.total[of], 0),
    );
  };
  total('tailrace_records_in_total', 'Records stored.', 'recordsIn');
  total('tailrace_bytes_in_total', 'Bytes of data and partition keys stored.', 'bytesIn');
  total('tailrace_records_out_total', 'Records read.', 'recordsOut');
  total('tailrace_bytes_out_total', 'Bytes of data and partition keys read.', 'bytesOut');
  total('tailrace_writes_throttled_total', 'Records over a write limit.', 'writesThrottled');
  total('tailrace_reads_throttled_total', 'Reads over a read limit.', 'readsThrottled');
  const reads = (name: string, help: string, from: 'hot' | 'cold'): void => {
    registry.counted({ name, help }, () =>
      backends.reduce((sum, backend) => sum + backend.storeReads[from], 0),
    );
  };
  reads('tailrace_store_reads_hot_total', 'Reads answered from the ring of newest records.', 'hot');
  reads('tailrace_store_reads_cold_total', 'Reads that went to the log.', 'cold');
  const commitSections = registry.histogram(
    { name: 'tailrace_commit_sections', help: 'Appends to a shard that one commit made durable.' },
    sizeBuckets,
  );
  for (const volume of storage.volumes.values()) {
    volume.onCommitted(({ count }) => commitSections.observe(count));
  }
  registry.measured(
    { name: 'tailrace_damage_reports', help: 'Damaged places found in storage.' },
    () => storage.damage(),
  );
}
