/** DescribeStreamSummary: a stream without its shards. */
import { describeStreamSettings, visibleShards } from '../descriptions.ts';
import type { Operation, OperationContext } from '../operation.ts';
import type { StreamDocument } from '../../model/stream.ts';
import * as shapes from '../shapes.ts';
import { controlStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

export const describeStreamSummary: Operation<StreamSelector> = {
  name: 'DescribeStreamSummary',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  handle(context, input) {
    const stream = controlStream(context, input);
    const open = visibleShards(stream).filter((shard) => shard.closedSeconds === null);
    return {
      StreamDescriptionSummary: {
        ...describeStreamSettings(stream),
        OpenShardCount: open.length,
        ConsumerCount: context.control.consumerCount(stream),
        ChannelCount: context.control.channelCount(stream),
        MaxRecordSizeInKiB: stream.maxRecordSizeKiB,
        ...onDemandSettings(context, stream),
      },
    };
  },
};

/** Settings that provisioned streams do not have. */
function onDemandSettings(context: OperationContext, stream: StreamDocument): object {
  if (stream.mode !== 'ON_DEMAND') return {};
  const warm = context.control.warmThroughput(stream);
  return {
    RecordDistributionStrategy: stream.distribution,
    WarmThroughput:
      warm === null
        ? undefined
        : { TargetMiBps: warm.targetMiBps, CurrentMiBps: warm.currentMiBps },
  };
}
