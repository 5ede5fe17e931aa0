/** DisableEnhancedMonitoring: turns off shard-level metrics of a stream. */
import { describeChange, namedMetrics, type GivenMetric } from '../monitoring.ts';
import { selectStream, streamTarget, targetOf, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly ShardLevelMetrics: readonly GivenMetric[];
}

export const disableEnhancedMonitoring: Operation<Input> = {
  name: 'DisableEnhancedMonitoring',
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
  async handle(context, input) {
    const stream = selectStream(context, input);
    const metrics = namedMetrics(input.ShardLevelMetrics);
    const change = await context.control.disableMonitoring(stream, metrics);
    return describeChange(targetOf(context, stream).arn, stream.name, change);
  },
};
