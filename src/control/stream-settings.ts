/**
 * Settings of a stream that are one member of its document: UpdateMaxRecordSize,
 * UpdateStreamRecordDistributionStrategy, Enable- and DisableEnhancedMonitoring.
 */
import type { MonitoringChange } from '../api/ports.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidRequest } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { MetricsName, RecordDistributionStrategy } from '../model/stream.ts';
import { changeStream } from './change-stream.ts';
import type { ControlContext } from './control-context.ts';

/** In the order in which the service lists them. */
const METRICS: readonly MetricsName[] = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
];

export async function updateMaxRecordSize(
  context: ControlContext,
  ref: StreamRef,
  maxRecordSizeKiB: number,
): Promise<void> {
  await changeStream(context, ref, { settleAfter: true }, (document) => ({
    ...document,
    maxRecordSizeKiB,
  }));
}

/** Takes effect at once, without a change of state. */
export async function updateRecordDistribution(
  context: ControlContext,
  ref: StreamRef,
  distribution: RecordDistributionStrategy,
): Promise<void> {
  await changeStream(context, ref, { settleAfter: false }, (document) => {
    if (document.mode !== 'ON_DEMAND') {
      const text = invalidRequest.distributionOnProvisioned;
      throw new ServiceError('InvalidArgumentException', text);
    }
    return { ...document, distribution };
  });
}

export async function enableMonitoring(
  context: ControlContext,
  ref: StreamRef,
  metrics: readonly MetricsName[],
): Promise<MonitoringChange> {
  return changeMonitoring(context, ref, (name, on) => on || metrics.includes(name));
}

export async function disableMonitoring(
  context: ControlContext,
  ref: StreamRef,
  metrics: readonly MetricsName[],
): Promise<MonitoringChange> {
  return changeMonitoring(context, ref, (name, on) => on && !metrics.includes(name));
}

async function changeMonitoring(
  context: ControlContext,
  ref: StreamRef,
  isOn: (name: MetricsName, before: boolean) => boolean,
): Promise<MonitoringChange> {
  let change: MonitoringChange = { current: [], desired: [] };
  await changeStream(context, ref, { settleAfter: true }, (document) => {
    const current = document.shardLevelMetrics;
    const desired = METRICS.filter((name) => isOn(name, current.includes(name)));
    change = { current, desired };
    return { ...document, shardLevelMetrics: desired };
  });
  return change;
}
