/** What EnableEnhancedMonitoring and DisableEnhancedMonitoring share. */
import type { MetricsName } from '../model/stream.ts';
import type { Operation } from './operation.ts';
import type { MonitoringChange } from './ports.ts';
import { required } from './rules.ts';
import * as shapes from './shapes.ts';
import { streamTarget } from './stream-selector.ts';
import type { StreamSelector } from './stream-selector.ts';

export type GivenMetric = MetricsName | 'ALL';

export interface MonitoringInput extends StreamSelector {
  readonly ShardLevelMetrics: readonly GivenMetric[];
}

export const monitoringOperation: Omit<Operation<MonitoringInput>, 'name' | 'handle'> = {
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ShardLevelMetrics: required(shapes.metricsNameList),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'AccessDeniedException',
  ],
  target: streamTarget,
};

const NAMES = (shapes.metricsName.values ?? []).filter((name) => name !== 'ALL') as MetricsName[];

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
