/** EnableEnhancedMonitoring: turns on shard-level metrics of a stream. */
import { describeChange, monitoringOperation, namedMetrics } from '../monitoring.ts';
import type { MonitoringInput } from '../monitoring.ts';
import type { Operation } from '../operation.ts';
import { selectStream, targetOf } from '../stream-selector.ts';

export const enableEnhancedMonitoring: Operation<MonitoringInput> = {
  ...monitoringOperation,
  name: 'EnableEnhancedMonitoring',
  async handle(context, input) {
    const stream = selectStream(context, input);
    const metrics = namedMetrics(input.ShardLevelMetrics);
    const change = await context.control.enableMonitoring(stream, metrics);
    return describeChange(targetOf(context, stream).arn, stream.name, change);
  },
};
