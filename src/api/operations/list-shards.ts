/** ListShards: shards of a stream, filtered and paged; the call that consumer libraries live on. */
import { LIST_SHARDS_PAGE_DEFAULT, LIST_SHARDS_PAGE_MAX } from '../../model/limits.ts';
import { inUse, invalidPage, type StreamRef } from '../../model/messages.ts';
import { ServiceError } from '../../model/service-error.ts';
import type { StreamDocument } from '../../model/stream.ts';
import { shardsMatching, type ShardFilter } from '../../shardmap/lineage.ts';
import { describeShard } from '../descriptions.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { openPage, sealPage } from '../pages.ts';
import { shardIndex } from '../shard-selector.ts';
import * as shapes from '../shapes.ts';
import {
  checkCreation,
  invalid,
  selectStream,
  streamNotFound,
  targetOf,
  type StreamSelector,
} from '../stream-selector.ts';

interface Input extends StreamSelector {
  readonly NextToken?: string;
  readonly ExclusiveStartShardId?: string;
  readonly MaxResults?: number;
  readonly StreamCreationTimestamp?: number;
  readonly ShardFilter?: {
    readonly Type: ShardFilter['type'];
    readonly ShardId?: string;
    readonly Timestamp?: number;
  };
}

/** What a token stands for. */
interface Page {
  readonly account: string;
  readonly name: string;
  /** Of the stream that the first page was of. */
  readonly uid: number;
  readonly filter: ShardFilter;
  /** Index of the last shard that was listed. */
  readonly after: number;
}

const name = 'ListShards';
/** Members that a token stands for. */
const REPLACED = [
  'StreamName',
  'StreamARN',
  'ExclusiveStartShardId',
  'ShardFilter',
  'StreamCreationTimestamp',
] as const;

export const listShards: Operation<Input> = {
  name,
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      NextToken: shapes.nextToken,
      ExclusiveStartShardId: shapes.shardId,
      MaxResults: shapes.listShardsInputLimit,
      StreamCreationTimestamp: shapes.timestamp,
      ShardFilter: shapes.shardFilter,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'LimitExceededException',
    'ExpiredNextTokenException',
    'ResourceInUseException',
    'AccessDeniedException',
  ],
  target: (context, input) => targetOf(context, selected(context, input)),
  handle(context, input) {
    const stream = listedStream(context, input);
    const page = input.NextToken === undefined ? null : tokenPage(context, input.NextToken);
    const filter = page?.filter ?? filterOf(stream, input);
    const after = page?.after ?? startIndex(stream, input.ExclusiveStartShardId);
    const limit = Math.min(input.MaxResults ?? LIST_SHARDS_PAGE_DEFAULT, LIST_SHARDS_PAGE_MAX);
    const all = shardsMatching(stream, filter, context.clock.now());
    const found = all.filter((shard) => shard.index > after);
    const shards = found.slice(0, limit);
    const last = shards.at(-1);
    const { account, uid } = stream;
    const next: Page | undefined =
      last !== undefined && found.length > limit
        ? { account, name: stream.name, uid, filter, after: last.index }
        : undefined;
    return {
      Shards: shards.map(describeShard),
      NextToken: next === undefined ? undefined : sealPage(context, name, next),
    };
  },
};

function tokenPage(context: OperationContext, token: string): Page {
  return openPage(context, name, token) as Page;
}

/** The stream a request is about: its token's, or the one it names. */
function selected(context: OperationContext, input: Input): StreamRef {
  if (input.NextToken === undefined) {
    if (input.StreamName === undefined && input.StreamARN === undefined) {
      throw invalid(invalidPage.nothingGiven);
    }
    return selectStream(context, input);
  }
  for (const member of REPLACED) {
    if (input[member] !== undefined) throw invalid(invalidPage.together(member));
  }
  return tokenPage(context, input.NextToken);
}

function listedStream(context: OperationContext, input: Input): StreamDocument {
  const ref = selected(context, input);
  const stream = context.control.stream(ref.account, ref.name);
  if (stream === null) throw streamNotFound(ref);
  checkCreation(stream, input.StreamCreationTimestamp);
  if (input.NextToken !== undefined && tokenPage(context, input.NextToken).uid !== stream.uid) {
    throw streamNotFound(ref);
  }
  if (stream.status !== 'ACTIVE' && stream.status !== 'UPDATING') {
    const text = inUse.notActiveOrUpdating(stream, stream.status);
    throw new ServiceError('ResourceInUseException', text);
  }
  return stream;
}

function startIndex(stream: StreamRef, given: string | undefined): number {
  return given === undefined ? -1 : shardIndex(stream, given);
}

function filterOf(stream: StreamRef, input: Input): ShardFilter {
  const given = input.ShardFilter;
  if (given === undefined) return { type: 'FROM_TRIM_HORIZON' };
  switch (given.Type) {
    case 'AFTER_SHARD_ID':
      if (given.ShardId === undefined) throw invalid(invalidPage.filterShardMissing);
      return { type: given.Type, index: startIndex(stream, given.ShardId) };
    case 'AT_TIMESTAMP':
    case 'FROM_TIMESTAMP':
      if (given.Timestamp === undefined) {
        throw invalid(invalidPage.filterTimestampMissing(given.Type));
      }
      return { type: given.Type, ms: given.Timestamp };
    case 'AT_TRIM_HORIZON':
    case 'FROM_TRIM_HORIZON':
    case 'AT_LATEST':
      return { type: given.Type };
  }
}
