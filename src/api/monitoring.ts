/** What EnableEnhancedMonitoring and DisableEnhancedMonitoring share. */
import type { MetricsName } from '../model/stream.ts';
import type { MonitoringChange } from './ports.ts';
import { metricsName } from './shapes.ts';

export type GivenMetric = MetricsName | 'ALL';

const NAMES = (metricsName.values ?? []).filter((name) => name !== 'ALL') as MetricsName[];

/** The metrics meant; ALL stands for the seven there are. */
export function namedMetrics(given: readonly GivenMetric[]): readonly MetricsName[] {
  return NAMES.filter((name) => given.includes(name) || given.includes('ALL'));
}

export function describeChange(arn: string, name: string, change: MonitoringChange): object {
  return {
    StreamName: name,
    CurrentShardLevelMetrics: change.current,
    DesiredShardLevelMetrics: change.desired,
    StreamARN: arn,
  };
}
