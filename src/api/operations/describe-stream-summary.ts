/** DescribeStreamSummary: a stream without its shards. */
import { describeStreamSettings, visibleShards } from '../descriptions.ts';
import type { Operation } from '../operation.ts';
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
        MaxRecordSizeInKiB: stream.maxRecordSizeKiB,
        ...onDemandSettings(stream, open.length),
      },
    };
  },
};

/** Settings that provisioned streams do not have. */
function onDemandSettings(stream: StreamDocument, openShardCount: number): object {
  if (stream.mode !== 'ON_DEMAND') return {};
  const target = stream.warmThroughputMiBps;
  return {
    RecordDistributionStrategy: stream.distribution,
    WarmThroughput:
      target === null
        ? undefined
        : { TargetMiBps: target, CurrentMiBps: Math.min(target, openShardCount) },
  };
}
