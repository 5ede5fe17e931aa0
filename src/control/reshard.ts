/**
 * SplitShard, MergeShards, UpdateShardCount: each seals the parents, then is one metadata commit
 * that closes them and opens their children (I5, I19). A failure before the commit unseals the
 * parents; a crash before it leaves them open, a crash after it finds the children.
 */
import { SHARD_UPDATES_PER_DAY, SHARDS_PER_STREAM_MAX } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidRequest, invalidReshard, limitExceeded, notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { shardId } from '../model/shard-id.ts';
import type { StreamDocument } from '../model/stream.ts';
import { counted } from './change-stream.ts';
import type { ControlContext } from './control-context.ts';
import { active, isOpen, updating, volumeOf } from './control-context.ts';
import type { PlannedShard } from './reshard-plan.ts';
import { ReshardPlan } from './reshard-plan.ts';
import type { ChangePlan } from './stream-changes.ts';
import type { StreamRecord } from './stream-record.ts';
import type { AccountTotals } from './stream-table.ts';

export async function splitShard(
  context: ControlContext,
  ref: StreamRef,
  index: number,
  newStartingHashKey: string,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = provisioned(current, ref);
    const plan = new ReshardPlan(record.document);
    const parent = openShard(record.document, plan, index, ref);
    const at = BigInt(newStartingHashKey);
    if (at <= parent.start + 1n || at >= parent.end) {
      const { start, end } = parent;
      const text = invalidReshard.splitKey(newStartingHashKey, index, ref, `${start}`, `${end}`);
      throw new ServiceError('InvalidArgumentException', text);
    }
    plan.split(new Map([[parent, [at]]]));
    return reshardChange(context, record, plan);
  });
}

export async function mergeShards(
  context: ControlContext,
  ref: StreamRef,
  index: number,
  adjacentIndex: number,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = provisioned(current, ref);
    const { document } = record;
    const plan = new ReshardPlan(document);
    for (const given of [index, adjacentIndex]) {
      checkExists(document, given, ref);
    }
    const lower = openShard(document, plan, index, ref);
    const upper = openShard(document, plan, adjacentIndex, ref);
    if (lower.end + 1n !== upper.start) {
      const text = invalidReshard.notAdjacent(index, adjacentIndex, ref);
      throw new ServiceError('InvalidArgumentException', text);
    }
    plan.merge([[lower, upper]]);
    return reshardChange(context, record, plan);
  });
}

/**
 * Resolves with the number of shards that were open before. Intermediate shards are never open in a
 * published map, so only the target counts toward the account's quota.
 */
export async function updateShardCount(
  context: ControlContext,
  ref: StreamRef,
  target: number,
): Promise<number> {
  let before = 0;
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = provisioned(current, ref);
    before = record.document.shards.filter(isOpen).length;
    checkTarget(before, target);
    const limit = SHARD_UPDATES_PER_DAY;
    const next = counted(context, record, 'shardCount', limit, 'Updates of the shard count');
    const plan = new ReshardPlan(record.document);
    plan.equalise(target);
    return reshardChange(context, next, plan);
  });
  return before;
}

function checkTarget(open: number, target: number): void {
  const refuse = (text: string): never => {
    throw new ServiceError('LimitExceededException', text);
  };
  const beyond = open > SHARDS_PER_STREAM_MAX && target >= SHARDS_PER_STREAM_MAX;
  if (target > SHARDS_PER_STREAM_MAX || beyond) {
    refuse(limitExceeded.targetShards(SHARDS_PER_STREAM_MAX, open, target));
  }
  if (target > 2 * open) {
    refuse(limitExceeded.scaleUp(open, target));
  }
  if (2 * target < open) {
    refuse(limitExceeded.scaleDown(open, target));
  }
}

/**
 * The change that carries out a plan and leaves the stream UPDATING. Takes the shards it adds, and
 * what else is `wanted`, from the account's quotas.
 */
export function reshardChange(
  context: ControlContext,
  record: StreamRecord,
  plan: ReshardPlan,
  wanted: Partial<AccountTotals> = {},
): ChangePlan {
  const change = quietReshard(context, record, plan, wanted);
  return {
    ...change,
    next: async (lastArrivalMs) => {
      const next = await change.next(lastArrivalMs);
      return { ...next, document: updating(context, next.document) };
    },
  };
}

export interface ReshardChange extends ChangePlan {
  next(lastArrivalMs: number): Promise<StreamRecord>;
}

/** As reshardChange, but the stream's state stays as it is. */
export function quietReshard(
  context: ControlContext,
  record: StreamRecord,
  plan: ReshardPlan,
  wanted: Partial<AccountTotals> = {},
): ReshardChange {
  const { account, shards } = record.document;
  const added = plan.open.length - shards.filter(isOpen).length;
  const openShards = Math.max(0, added);
  const finished = context.quotas.reserve(account, { ...wanted, openShards });
  return {
    seal: plan.sealed(),
    next: async (lastArrivalMs) => {
      const firstKey = await context.counters.nextShardKeys(plan.made);
      const document = plan.applyTo(record.document, {
        nowSeconds: Math.floor(Math.max(context.clock.now(), lastArrivalMs) / 1000),
        firstKey,
        volumeOf: (key) => volumeOf(context, key),
      });
      return { ...record, document };
    },
    finished,
  };
}

function provisioned(current: StreamRecord | null, ref: StreamRef): StreamRecord {
  const record = active(current, ref.account, ref.name);
  if (record.document.mode === 'ON_DEMAND') {
    throw new ServiceError('ValidationException', invalidRequest.onDemand(ref));
  }
  return record;
}

function checkExists(document: StreamDocument, index: number, ref: StreamRef): void {
  if (!document.shards.some((shard) => shard.index === index)) {
    const text = notFound.shardId(shardId(index), ref);
    throw new ServiceError('ResourceNotFoundException', text);
  }
}

function openShard(
  document: StreamDocument,
  plan: ReshardPlan,
  index: number,
  ref: StreamRef,
): PlannedShard {
  checkExists(document, index, ref);
  const shard = plan.find(index);
  if (shard === undefined) {
    throw new ServiceError('InvalidArgumentException', invalidReshard.closed(index, ref));
  }
  return shard;
}
