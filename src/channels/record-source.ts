/** The RecordSource port: the shards of this process, read without using up read throughput. */
import type { PositionQuery, ReadOutcome, ReadRequest } from '../model/data-plane.ts';
import type { ShardKey } from '../model/stream.ts';

export interface RecordSource {
  read(request: ReadRequest): Promise<ReadOutcome>;
  /** Ordinal a query stands for; null when the shard is not here. */
  position(shard: ShardKey, query: PositionQuery): Promise<number | null>;
}
