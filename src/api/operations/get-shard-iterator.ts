/**
 * GetShardIterator: turns a position in a shard into an opaque text that is good for five minutes.
 */
import { notFound, type StreamRef } from '../../model/messages.ts';
import { ServiceError } from '../../model/service-error.ts';
import { parseShardId } from '../../model/shard-id.ts';
import type { ShardEntry } from '../../shardmap/shard-map.ts';
import type { DataContext, DataOperation } from '../operation.ts';
import { dryRun } from '../put-rules.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { type PositionType, resolveStart, type StartPosition } from '../start-position.ts';
import { selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

interface Input extends StreamSelector {
  readonly ShardId: string;
  readonly ShardIteratorType: PositionType;
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: number;
  readonly DryRun?: boolean;
}

export const getShardIterator: DataOperation<Input> = {
  name: 'GetShardIterator',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ShardId: required(shapes.shardId),
      ShardIteratorType: required(shapes.shardIteratorType),
      StartingSequenceNumber: shapes.sequenceNumber,
      Timestamp: shapes.timestamp,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
      DryRun: shapes.booleanObject,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ProvisionedThroughputExceededException',
    'AccessDeniedException',
    'InternalFailure',
    'DryRunOperationException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const shard = findShard(context, input);
    const position = resolveStart(shard, startOf(input), context.clock.now());
    if (input.DryRun === true) throw dryRun();
    const ordinal =
      typeof position === 'number' ? position : await context.data.position(shard, position);
    const { uid, account, name } = shard.stream.document;
    return {
      ShardIterator: context.tokens.sealIterator({
        streamUid: uid,
        shardIndex: shard.document.index,
        ordinal,
        issuedMs: context.clock.now(),
        account,
        streamName: name,
      }),
    };
  },
};

/** An unreadable id is told before an unknown stream, and that like an unknown shard. */
function findShard(context: DataContext, input: Input): ShardEntry {
  const ref: StreamRef = selectStream(context, input);
  const index = parseShardId(input.ShardId);
  if (index === null) {
    throw new ServiceError('ResourceNotFoundException', notFound.shardId(input.ShardId, ref));
  }
  const shard = context.data.stream(ref.account, ref.name)?.byIndex.get(index);
  if (shard === undefined) {
    throw new ServiceError('ResourceNotFoundException', notFound.shard(index, ref));
  }
  return shard;
}

function startOf(input: Input): StartPosition {
  return {
    type: input.ShardIteratorType,
    sequenceNumber: input.StartingSequenceNumber,
    timestamp: input.Timestamp,
  };
}
