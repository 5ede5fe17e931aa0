/** Lists that come in pages, read to their end. */
import type { Shard, StreamSummary } from './operation-types.ts';
import type { CallOptions, KinesisClient } from './kinesis-client.ts';
import type { Operations } from './operation-types.ts';

/** Pages of one listing: 1,000 shards or 100 streams each; a listing that goes on is refused. */
const pagesMax = 1_000;

type ShardFilter = Operations['ListShards']['input']['ShardFilter'];

/** All shards of a stream that pass the filter, in the order the service gives them. */
export async function listShards(
  client: KinesisClient,
  streamName: string,
  filter: ShardFilter = { Type: 'FROM_TRIM_HORIZON' },
  options: CallOptions = {},
): Promise<Shard[]> {
  const shards: Shard[] = [];
  let input: Operations['ListShards']['input'] = { StreamName: streamName, ShardFilter: filter };
  for (let page = 0; page < pagesMax; page++) {
    const { Shards = [], NextToken } = await client.call('ListShards', input, options);
    shards.push(...Shards);
    if (NextToken === undefined) return shards;
    input = { NextToken };
  }
  throw new Error(`the list of shards of ${streamName} does not end`);
}

/** All streams of the account, by name. */
export async function listStreams(
  client: KinesisClient,
  options: CallOptions = {},
): Promise<StreamSummary[]> {
  const streams: StreamSummary[] = [];
  let input: Operations['ListStreams']['input'] = {};
  for (let page = 0; page < pagesMax; page++) {
    const answer = await client.call('ListStreams', input, options);
    streams.push(...(answer.StreamSummaries ?? []));
    if (!answer.HasMoreStreams || answer.NextToken === undefined) return streams;
    input = { NextToken: answer.NextToken };
  }
  throw new Error('the list of streams does not end');
}
