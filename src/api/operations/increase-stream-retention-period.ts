/** IncreaseStreamRetentionPeriod: keeps records of a stream longer; what is gone stays gone. */
import type { Operation } from '../operation.ts';
import { retentionOperation } from '../retention-period.ts';
import type { RetentionInput } from '../retention-period.ts';
import { selectStream } from '../stream-selector.ts';

export const increaseStreamRetentionPeriod: Operation<RetentionInput> = {
  ...retentionOperation,
  name: 'IncreaseStreamRetentionPeriod',
  async handle(context, input) {
    const stream = selectStream(context, input);
    await context.control.increaseRetention(stream, input.RetentionPeriodHours);
    return null;
  },
};
