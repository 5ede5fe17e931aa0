/** GetRecords: reads a batch at an iterator and hands out the next one. */
import {
  GET_RECORDS_BYTES_MAX,
  GET_RECORDS_COUNT_MAX,
  ITERATOR_LIFE_MS,
} from '../../model/limits.ts';
import type { ReadOutcome } from '../../model/data-plane.ts';
import {
  invalidPosition,
  iteratorExpired,
  notFound,
  throughputExceeded,
} from '../../model/messages.ts';
import { kmsCodes, ServiceError } from '../../model/service-error.ts';
import type { ShardEntry } from '../../shardmap/shard-map.ts';
import type { AnswerLoan } from '../answer-budget.ts';
import { describeChild } from '../descriptions.ts';
import type { DataContext, DataOperation } from '../operation.ts';
import { ownAccount } from '../policy-rules.ts';
import {
  encodeRecordsCbor,
  encodeRecordsJson,
  type GetRecordsAnswer,
} from '../protocol/get-records-answer.ts';
import { dryRun } from '../put-rules.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { invalid, selectStream, targetOf } from '../stream-selector.ts';
import type { IteratorToken } from '../tokens.ts';

interface Members {
  readonly ShardIterator: string;
  readonly Limit?: number;
  readonly StreamARN?: string;
  readonly DryRun?: boolean;
}

/** The members, and the opened iterator once somebody has looked. */
interface Input extends Members {
  token?: IteratorToken;
}

export const getRecords: DataOperation<Input, GetRecordsAnswer> = {
  name: 'GetRecords',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      ShardIterator: required(shapes.shardIterator),
      Limit: shapes.getRecordsInputLimit,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
      DryRun: shapes.booleanObject,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ProvisionedThroughputExceededException',
    'ExpiredIteratorException',
    'AccessDeniedException',
    'InternalFailure',
    'DryRunOperationException',
    ...kmsCodes,
  ],
  codec: { encodeJson: encodeRecordsJson, encodeCbor: encodeRecordsCbor },
  target(context, input) {
    const { account, streamName } = open(context, input);
    const target = targetOf(context, { account, name: streamName });
    // An iterator alone is not enough for another account: it has to name the stream it means.
    if (input.StreamARN === undefined) ownAccount(context, 'GetRecords', target);
    return target;
  },
  async handle(context, input) {
    const token = open(context, input);
    const nowMs = context.clock.now();
    if (nowMs - token.issuedMs > ITERATOR_LIFE_MS) {
      const text = iteratorExpired(token.issuedMs, nowMs, ITERATOR_LIFE_MS);
      throw new ServiceError('ExpiredIteratorException', text);
    }
    const shard = context.data.streamByUid(token.streamUid)?.byIndex.get(token.shardIndex);
    if (shard === undefined) throw gone(token);
    if (input.DryRun === true) throw dryRun();
    const count = input.Limit ?? GET_RECORDS_COUNT_MAX;
    const loan = context.answers.borrow(GET_RECORDS_BYTES_MAX);
    try {
      const read = context.data.read(shard, token.ordinal, count, loan.bytesMax);
      return answer(context, token, shard, read instanceof Promise ? await read : read, loan);
    } catch (error) {
      loan.end();
      throw error;
    }
  },
};

function open(context: DataContext, input: Input): IteratorToken {
  if (input.token !== undefined) return input.token;
  const token = context.tokens.openIterator(input.ShardIterator);
  if (token === null) throw invalid(invalidPosition.iterator);
  if (input.StreamARN !== undefined) {
    const named = selectStream(context, input);
    if (named.account !== token.account || named.name !== token.streamName) {
      throw invalid(invalidPosition.iterator);
    }
  }
  input.token = token;
  return token;
}

function gone(token: IteratorToken): ServiceError {
  const ref = { account: token.account, name: token.streamName };
  return new ServiceError('ResourceNotFoundException', notFound.shard(token.shardIndex, ref));
}

function answer(
  context: DataContext,
  token: IteratorToken,
  shard: ShardEntry,
  read: ReadOutcome,
  loan: AnswerLoan,
): GetRecordsAnswer {
  if (read.kind === 'throttled') {
    const text = throughputExceeded.shard(shard.document.index, shard.stream.document);
    throw new ServiceError('ProvisionedThroughputExceededException', text);
  }
  if (read.kind === 'gone') throw gone(token);
  if (read.kind !== 'records') throw new ServiceError('InternalFailure', null);
  // Either the next iterator or the children, never both and never neither. A shard whose children
  // this map does not know yet has not ended for the reader.
  loan.keep(read.sections.reduce((sum, { payload }) => sum + payload.length, 0));
  const ended = read.atEnd && shard.children.length > 0;
  return {
    shard: shard.document,
    sections: read.sections,
    release: () => {
      read.release?.();
      loan.end();
    },
    rest: {
      NextShardIterator: ended
        ? undefined
        : context.tokens.sealIterator({
            ...token,
            ordinal: read.nextOrdinal,
            issuedMs: context.clock.now(),
          }),
      MillisBehindLatest: read.millisBehindLatest,
      ChildShards: ended ? shard.children.map(describeChild) : undefined,
    },
  };
}
