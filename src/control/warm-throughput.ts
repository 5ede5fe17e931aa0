/**
 * Warm throughput: capacity that an on-demand stream of a committed account keeps ready, one open
 * shard for each MiB/s. Raising it splits the widest shards at once; lowering it scales down to
 * what is asked or what the last hour's peak needs, whichever is more.
 */
import type { WarmThroughput } from '../api/ports.ts';
import {
  ON_DEMAND_INITIAL_SHARDS,
  SHARD_WRITE_BYTES_PER_SECOND,
  WARM_THROUGHPUT_MIBPS_MAX,
} from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidRequest } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { ControlContext } from './control-context.ts';
import { active, isOpen } from './control-context.ts';
import { ReshardPlan } from './reshard-plan.ts';
import { reshardChange } from './reshard.ts';
import { withScaling } from './stream-history.ts';

export async function updateWarmThroughput(
  context: ControlContext,
  ref: StreamRef,
  mibps: number,
): Promise<WarmThroughput> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = active(current, ref.account, ref.name);
    if (record.document.mode !== 'ON_DEMAND') {
      throw new ServiceError('ValidationException', invalidRequest.notOnDemand(ref));
    }
    checkWarmThroughput(context, ref.account, mibps);
    const document = { ...record.document, warmThroughputMiBps: mibps === 0 ? null : mibps };
    const plan = new ReshardPlan(document);
    const before = plan.open.length;
    const peak = context.peaks.lastHour(document.uid, context.clock.now());
    const needed = shardsNeeded(mibps, peak);
    if (needed > before) {
      plan.widen(needed);
    } else if (needed < before) {
      plan.equalise(needed);
    }
    const history =
      needed === before
        ? record.history
        : withScaling(record.history, {
            atMs: context.clock.now(),
            reason: 'warm-throughput',
            shardsBefore: before,
            shardsAfter: needed,
            detail:
              `Warm throughput was set to ${mibps} MiB/s; ` +
              `the highest rate of the last hour was ${Math.round(peak)} bytes/s.`,
          });
    return reshardChange(context, { ...record, document, history }, plan);
  });
  const stored = context.table.get(ref.account, ref.name)?.record.document;
  return (stored && warmThroughputOf(stored)) ?? { targetMiBps: mibps, currentMiBps: mibps };
}

/** Throws ValidationException where a warm throughput cannot be had. */
export function checkWarmThroughput(
  context: ControlContext,
  account: string,
  mibps: number | null,
): void {
  if (mibps === null || mibps === 0) {
    return;
  }
  if (!context.accounts.committed(account)) {
    const text = invalidRequest.warmThroughputWithoutCommitment();
    throw new ServiceError('ValidationException', text);
  }
  if (mibps > WARM_THROUGHPUT_MIBPS_MAX) {
    const text = invalidRequest.warmThroughputTooHigh(WARM_THROUGHPUT_MIBPS_MAX);
    throw new ServiceError('ValidationException', text);
  }
}

/** Never fewer than an on-demand stream starts with; a peak is met with as much again to spare. */
function shardsNeeded(mibps: number, peakBytesPerSecond: number): number {
  const forPeak = Math.ceil((2 * peakBytesPerSecond) / SHARD_WRITE_BYTES_PER_SECOND);
  return Math.max(ON_DEMAND_INITIAL_SHARDS, mibps, forPeak);
}

/** Null for a stream without a warm throughput. */
export function warmThroughputOf(document: StreamDocument): WarmThroughput | null {
  const targetMiBps = document.warmThroughputMiBps;
  if (targetMiBps === null) {
    return null;
  }
  const open = document.shards.filter(isOpen).length;
  return { targetMiBps, currentMiBps: Math.min(targetMiBps, open) };
}
