/** Shard ids in requests, read leniently and before the stream is looked up. */
import { notFound, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { parseShardId } from '../model/shard-id.ts';

/** The index an id stands for. Throws ResourceNotFound for one that cannot be read. */
export function shardIndex(stream: StreamRef, id: string): number {
  const index = parseShardId(id);
  if (index === null) {
    throw new ServiceError('ResourceNotFoundException', notFound.shardId(id, stream));
  }
  return index;
}
