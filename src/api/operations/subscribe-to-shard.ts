/**
 * SubscribeToShard: pushes the records of a shard to one registered consumer for up to five
 * minutes.
 */
import { parseConsumerArn } from '../../model/arn.ts';
import { inUse, invalidSelector, notFound, throughputExceeded } from '../../model/messages.ts';
import { ServiceError } from '../../model/service-error.ts';
import { parseShardId } from '../../model/shard-id.ts';
import type { ShardEntry } from '../../shardmap/shard-map.ts';
import type { DataContext, DataOperation } from '../operation.ts';
import type { ConsumerRef } from '../ports.ts';
import { dryRun } from '../put-rules.ts';
import { StreamingOutput } from '../response-stream.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { type PositionType, resolveStart } from '../start-position.ts';
import { invalid } from '../stream-selector.ts';
import { Subscription } from '../subscription.ts';

interface Input {
  readonly ConsumerARN: string;
  readonly ShardId: string;
  readonly StartingPosition: {
    readonly Type: PositionType;
    readonly SequenceNumber?: string;
    readonly Timestamp?: number;
  };
  readonly DryRun?: boolean;
}

export const subscribeToShard: DataOperation<Input> = {
  name: 'SubscribeToShard',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      ConsumerARN: required(shapes.consumerArn),
      StreamId: shapes.streamId,
      ShardId: required(shapes.shardId),
      StartingPosition: required(shapes.startingPosition),
      DryRun: shapes.booleanObject,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ResourceInUseException',
    'LimitExceededException',
    'AccessDeniedException',
    'DryRunOperationException',
  ],
  target(_context, input) {
    return { arn: input.ConsumerARN, account: consumerRef(input).account };
  },
  async handle(context, input) {
    const ref = consumerRef(input);
    assertActive(context, input, ref);
    const shard = findShard(context, input, ref);
    const { Type, SequenceNumber, Timestamp } = input.StartingPosition;
    const position = { type: Type, sequenceNumber: SequenceNumber, timestamp: Timestamp };
    const start = resolveStart(shard, position, context.clock.now());
    if (input.DryRun === true) throw dryRun();
    const fromOrdinal =
      typeof start === 'number' ? start : await context.data.position(shard, start);
    return follow(context, input, shard, fromOrdinal, ref);
  },
};

function consumerRef(input: Input): ConsumerRef {
  const parsed = parseConsumerArn(input.ConsumerARN);
  if (parsed === null) throw invalid(invalidSelector.arn(input.ConsumerARN));
  return {
    account: parsed.account,
    name: parsed.name,
    consumer: parsed.consumer,
    createdSeconds: parsed.createdSeconds,
  };
}

function assertActive(context: DataContext, input: Input, ref: ConsumerRef): void {
  const consumer = context.consumers.consumer(ref);
  if (consumer === null) {
    const text = notFound.consumer(input.ConsumerARN, ref.account);
    throw new ServiceError('ResourceNotFoundException', text);
  }
  if (consumer.status !== 'ACTIVE') {
    const text = inUse.consumerNotActive(consumer.name, consumer.createdSeconds, ref);
    throw new ServiceError('ResourceInUseException', text);
  }
}

function findShard(context: DataContext, input: Input, ref: ConsumerRef): ShardEntry {
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

async function follow(
  context: DataContext,
  input: Input,
  shard: ShardEntry,
  fromOrdinal: number,
  ref: ConsumerRef,
): Promise<StreamingOutput> {
  const { index } = shard.document;
  const consumerName = ref.consumer;
  const stream = shard.stream.document;
  const subscription = new Subscription(
    {
      clock: context.clock,
      currentShard: () => context.data.streamByUid(stream.uid)?.byIndex.get(index),
      consumerStays: () => context.consumers.consumer(ref)?.status === 'ACTIVE',
    },
    { shard, fromOrdinal, consumerName, consumerArn: input.ConsumerARN },
  );
  const followed = context.data.follow(shard, fromOrdinal, input.ConsumerARN, subscription);
  const outcome = followed instanceof Promise ? await followed : followed;
  switch (outcome.kind) {
    case 'following':
      subscription.attach(outcome.following);
      return new StreamingOutput((response) => subscription.start(response));
    case 'gone':
      throw new ServiceError('ResourceNotFoundException', notFound.shard(index, stream));
    case 'in-use':
      throw new ServiceError(
        'ResourceInUseException',
        inUse.subscribed(stream, index, consumerName),
      );
    case 'rate-exceeded':
      throw new ServiceError('LimitExceededException', throughputExceeded.shard(index, stream));
  }
}
