/**
 * Where reading begins: the five ways to say it, shared by GetShardIterator and SubscribeToShard.
 */
import type { PositionQuery } from '../model/data-plane.ts';
import { invalidPosition } from '../model/messages.ts';
import { decodeSequenceNumber, ORDINAL_FIRST } from '../model/sequence-number.ts';
import type { ShardEntry } from '../shardmap/shard-map.ts';
import { invalid } from './stream-selector.ts';

export type PositionType =
  'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER' | 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

export interface StartPosition {
  readonly type: PositionType;
  readonly sequenceNumber: string | undefined;
  /** Epoch milliseconds. */
  readonly timestamp: number | undefined;
}

/**
 * The ordinal to start at, or the question that finds it. Throws InvalidArgument for a position
 * that contradicts itself, lies in the future, or belongs to another shard or stream.
 */
export function resolveStart(
  shard: ShardEntry,
  position: StartPosition,
  nowMs: number,
): number | PositionQuery {
  const { type, sequenceNumber: number, timestamp: ms } = position;
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
