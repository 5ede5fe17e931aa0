/**
 * Increase- and DecreaseStreamRetentionPeriod.
 *
 * What a stream has hidden once stays hidden: a decrease moves the horizon at once, and an increase
 * fixes the horizon of the moment, so that records behind it do not come back.
 */
import { RETENTION_HOURS_MAX, RETENTION_HOURS_MIN } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidRetention } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { trimHorizonMs } from '../shardmap/lineage.ts';
import { changeStream } from './change-stream.ts';
import type { ControlContext } from './control-context.ts';

export async function increaseRetention(
  context: ControlContext,
  ref: StreamRef,
  hours: number,
): Promise<void> {
  await changeRetention(context, ref, hours, (current) =>
    hours < current ? invalidRetention.notLonger(hours, ref, current) : null,
  );
}

export async function decreaseRetention(
  context: ControlContext,
  ref: StreamRef,
  hours: number,
): Promise<void> {
  await changeRetention(context, ref, hours, (current) =>
    hours > current ? invalidRetention.notShorter(hours, ref, current) : null,
  );
}

async function changeRetention(
  context: ControlContext,
  ref: StreamRef,
  hours: number,
  problemWith: (currentHours: number) => string | null,
): Promise<void> {
  await changeStream(context, ref, { settleAfter: true }, (document) => {
    const problem = outOfRange(hours) ?? problemWith(document.retention.hours);
    if (problem !== null) {
      throw new ServiceError('InvalidArgumentException', problem);
    }
    const nowMs = context.clock.now();
    const changed = { ...document, retention: { ...document.retention, hours } };
    const horizons = [trimHorizonMs(document, nowMs), trimHorizonMs(changed, nowMs)];
    return { ...document, retention: { hours, hiddenBeforeMs: Math.max(...horizons) } };
  });
}

function outOfRange(hours: number): string | null {
  if (hours < RETENTION_HOURS_MIN) {
    return invalidRetention.tooShort(hours);
  }
  return hours > RETENTION_HOURS_MAX ? invalidRetention.tooLong(hours) : null;
}
