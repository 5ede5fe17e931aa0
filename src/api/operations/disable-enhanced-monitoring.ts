/** DisableEnhancedMonitoring: turns off shard-level metrics of a stream. */
import { describeChange, monitoringOperation, namedMetrics } from '../monitoring.ts';
import type { MonitoringInput } from '../monitoring.ts';
import type { Operation } from '../operation.ts';
import { selectStream, targetOf } from '../stream-selector.ts';

export const disableEnhancedMonitoring: Operation<MonitoringInput> = {
  ...monitoringOperation,
  name: 'DisableEnhancedMonitoring',
  async handle(context, input) {
    const stream = selectStream(context, input);
    const metrics = namedMetrics(input.ShardLevelMetrics);
    const change = await context.control.disableMonitoring(stream, metrics);
    return describeChange(targetOf(context, stream).arn, stream.name, change);
  },
};
