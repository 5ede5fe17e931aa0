/**
 * GetShardIterator: turns a position in a shard into an opaque text that is good for five minutes.
 */
import type { PositionQuery } from '../../model/data-plane.ts';
import { invalidPosition, notFound, type StreamRef } from '../../model/messages.ts';
import { decodeSequenceNumber, ORDINAL_FIRST } from '../../model/sequence-number.ts';
import { ServiceError } from '../../model/service-error.ts';
import { parseShardId } from '../../model/shard-id.ts';
import type { ShardEntry } from '../../shardmap/shard-map.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { dryRun } from '../put-rules.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { invalid, selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

type IteratorType =
  'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER' | 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

interface Input extends StreamSelector {
  readonly ShardId: string;
  readonly ShardIteratorType: IteratorType;
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: number;
  readonly DryRun?: boolean;
}

export const getShardIterator: Operation<Input> = {
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
    const position = positionOf(shard, input, context.clock.now());
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
function findShard(context: OperationContext, input: Input): ShardEntry {
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

/** The ordinal to start at, or the question that finds it. */
function positionOf(shard: ShardEntry, input: Input, nowMs: number): number | PositionQuery {
  const type = input.ShardIteratorType;
  const number = input.StartingSequenceNumber;
  switch (type) {
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      if (number === undefined) throw invalid(invalidPosition.numberMissing(type));
      return ordinalOf(shard, number, type === 'AFTER_SEQUENCE_NUMBER');
    }
    case 'TRIM_HORIZON':
      if (number !== undefined) throw invalid(invalidPosition.numberForbidden(type));
      return { kind: 'trim-horizon' };
    case 'LATEST':
      if (number !== undefined) throw invalid(invalidPosition.numberForbidden(type));
      return { kind: 'latest' };
    case 'AT_TIMESTAMP': {
      const ms = input.Timestamp;
      if (ms === undefined) throw invalid(invalidPosition.timestampMissing());
      if (ms > nowMs) throw invalid(invalidPosition.timestampInFuture(ms, nowMs));
      return { kind: 'timestamp', ms };
    }
  }
}

function ordinalOf(shard: ShardEntry, text: string, after: boolean): number {
  const { index, createdSeconds } = shard.document;
  const stream = shard.stream.document;
  const decoded = decodeSequenceNumber(text);
  if (decoded === null) throw invalid(invalidPosition.numberInvalid(text, index, stream));
  if (decoded.version === 2 && decoded.shardIndex !== index) {
    throw invalid(invalidPosition.numberOfOtherShard(decoded.shardIndex, index));
  }
  if (decoded.version !== 2 || decoded.createdSeconds !== createdSeconds) {
    throw invalid(invalidPosition.numberOfOtherStream(text, index, stream));
  }
  // The end of a closed shard saturates; no record is there, so one more would not matter.
  const ordinal = Math.min(decoded.ordinal + (after ? 1 : 0), Number.MAX_SAFE_INTEGER);
  return Math.max(ordinal, ORDINAL_FIRST);
}
