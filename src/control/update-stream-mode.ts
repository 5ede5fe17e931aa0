/**
 * UpdateStreamMode: PROVISIONED to ON_DEMAND and back, at most twice in 24 hours. Shards stay as
 * they are, unless a warm throughput asks for more. Asking for the mode a stream has changes
 * nothing.
 */
import { MODE_SWITCHES_PER_DAY } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidRequest, inUse } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { StreamMode } from '../model/stream.ts';
import { counted } from './change-stream.ts';
import type { ControlContext } from './control-context.ts';
import { active } from './control-context.ts';
import { ReshardPlan } from './reshard-plan.ts';
import { reshardChange } from './reshard.ts';
import type { ChangePlan } from './stream-changes.ts';
import { withScaling } from './stream-history.ts';
import type { StreamRecord } from './stream-record.ts';
import { checkWarmThroughput } from './warm-throughput.ts';

export async function updateStreamMode(
  context: ControlContext,
  ref: StreamRef,
  mode: StreamMode,
  warmThroughputMiBps: number | null,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = active(current, ref.account, ref.name);
    if (mode === 'PROVISIONED' && warmThroughputMiBps !== null) {
      throw new ServiceError('ValidationException', invalidRequest.warmThroughputOnProvisioned);
    }
    checkWarmThroughput(context, ref.account, warmThroughputMiBps);
    if (record.document.mode === mode) {
      return null;
    }
    if (mode === 'PROVISIONED' && context.channels.count(record.document.uid) > 0) {
      throw new ServiceError('ResourceInUseException', inUse.channelsNeedOnDemand(ref));
    }
    const limit = MODE_SWITCHES_PER_DAY;
    const next = counted(context, record, 'mode', limit, 'Switches of the capacity mode');
    return mode === 'PROVISIONED'
      ? toProvisioned(context, next)
      : toOnDemand(context, next, warmThroughputMiBps);
  });
}

function toProvisioned(context: ControlContext, record: StreamRecord): ChangePlan {
  const document = {
    ...record.document,
    mode: 'PROVISIONED',
    distribution: 'USER_PARTITION_KEY',
    warmThroughputMiBps: null,
  } as const;
  return reshardChange(context, { ...record, document }, new ReshardPlan(document));
}

function toOnDemand(
  context: ControlContext,
  record: StreamRecord,
  warmThroughputMiBps: number | null,
): ChangePlan {
  const warm = warmThroughputMiBps === 0 ? null : warmThroughputMiBps;
  const document = { ...record.document, mode: 'ON_DEMAND', warmThroughputMiBps: warm } as const;
  const plan = new ReshardPlan(document);
  const before = plan.open.length;
  plan.widen(warm ?? 0);
  const after = plan.open.length;
  const history = withScaling(record.history, {
    atMs: context.clock.now(),
    reason: 'mode',
    shardsBefore: before,
    shardsAfter: after,
    detail:
      warm === null
        ? 'The stream became on-demand with the shards it had.'
        : `The stream became on-demand with ${warm} MiB/s warm throughput.`,
  });
  return reshardChange(context, { ...record, document, history }, plan, { onDemandStreams: 1 });
}
