/**
 * CreateStream: a stream in CREATING with its shards decided, which opens by itself.
 *
 * Numbers are taken before the commit, so what a failed creation leaves is a gap in them.
 */
import type { CreateStreamCommand } from '../api/ports.ts';
import { streamArn } from '../model/arn.ts';
import { initialHashKeyRanges } from '../model/hash-key.ts';
import { ON_DEMAND_INITIAL_SHARDS, RETENTION_HOURS_DEFAULT } from '../model/limits.ts';
import { inUse, invalidRequest } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardDocument } from '../model/stream.ts';
import type { ControlContext } from './control-context.ts';
import { volumeOf } from './control-context.ts';
import type { ChangePlan } from './stream-changes.ts';
import { EMPTY_HISTORY, withScaling } from './stream-history.ts';
import type { StreamRecord } from './stream-record.ts';
import { checkWarmThroughput } from './warm-throughput.ts';

/** The service dates shards this long before the call that creates them. */
const BACKDATE_SECONDS = 2;

export async function createStream(
  context: ControlContext,
  command: CreateStreamCommand,
): Promise<void> {
  checkArguments(command);
  checkWarmThroughput(context, command.account, command.warmThroughputMiBps);
  await context.changes.change(command.account, command.name, (current) => {
    if (current !== null) {
      throw new ServiceError('ResourceInUseException', inUse.streamExists(command));
    }
    return creation(context, command);
  });
}

function checkArguments({ mode, warmThroughputMiBps, distribution }: CreateStreamCommand): void {
  if (mode === 'ON_DEMAND') {
    return;
  }
  if (warmThroughputMiBps !== null) {
    throw new ServiceError('ValidationException', invalidRequest.warmThroughputOnProvisioned);
  }
  if (distribution === 'AUTO') {
    throw new ServiceError('InvalidArgumentException', invalidRequest.distributionOnProvisioned);
  }
}

function creation(context: ControlContext, command: CreateStreamCommand): ChangePlan {
  const shardCount = initialShardCount(command);
  const finished = context.quotas.reserve(command.account, {
    creating: 1,
    onDemandStreams: command.mode === 'ON_DEMAND' ? 1 : 0,
    openShards: shardCount,
  });
  return { next: async () => newStream(context, command, shardCount), finished };
}

/** A provisioned stream gets what was asked; an on-demand one what its warm throughput needs. */
function initialShardCount({ mode, shardCount, warmThroughputMiBps }: CreateStreamCommand): number {
  return mode === 'ON_DEMAND'
    ? Math.max(ON_DEMAND_INITIAL_SHARDS, warmThroughputMiBps ?? 0)
    : shardCount;
}

async function newStream(
  context: ControlContext,
  command: CreateStreamCommand,
  shardCount: number,
): Promise<StreamRecord> {
  const { account, name } = command;
  const uid = await context.counters.nextUid();
  const shards = await newShards(context, shardCount);
  const nowMs = context.clock.now();
  const history = withScaling(EMPTY_HISTORY, {
    atMs: nowMs,
    reason: 'created',
    shardsBefore: 0,
    shardsAfter: shardCount,
    detail:
      command.warmThroughputMiBps === null
        ? 'The initial shards of an on-demand stream.'
        : `One shard for each MiB/s of ${command.warmThroughputMiBps} MiB/s warm throughput.`,
  });
  return {
    document: {
      account,
      name,
      arn: streamArn(context.region, account, name),
      uid,
      status: 'CREATING',
      settlesAtMs: nowMs + context.transitionMs,
      mode: command.mode,
      createdMs: Math.floor(nowMs / 1000) * 1000,
      retention: { hours: RETENTION_HOURS_DEFAULT, hiddenBeforeMs: 0 },
      encryption: null,
      shardLevelMetrics: [],
      maxRecordSizeKiB: command.maxRecordSizeKiB,
      distribution: command.distribution,
      warmThroughputMiBps: command.warmThroughputMiBps,
      tags: command.tags,
      nextShardIndex: shardCount,
      shards: [],
    },
    initialShards: shards,
    history: command.mode === 'ON_DEMAND' ? history : EMPTY_HISTORY,
  };
}

async function newShards(
  context: ControlContext,
  count: number,
): Promise<readonly ShardDocument[]> {
  const firstKey = await context.counters.nextShardKeys(count);
  const createdSeconds = Math.floor(context.clock.now() / 1000) - BACKDATE_SECONDS;
  return initialHashKeyRanges(count).map((range, index) => ({
    key: firstKey + index,
    index,
    volume: volumeOf(context, firstKey + index),
    startingHashKey: range.startingHashKey,
    endingHashKey: range.endingHashKey,
    createdSeconds,
    closedSeconds: null,
    parent: null,
    adjacentParent: null,
  }));
}
