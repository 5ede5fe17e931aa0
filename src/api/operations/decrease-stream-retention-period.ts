/**
 * DecreaseStreamRetentionPeriod: keeps records of a stream shorter; older ones are hidden at once.
 */
import type { Operation } from '../operation.ts';
import { retentionOperation } from '../retention-period.ts';
import type { RetentionInput } from '../retention-period.ts';
import { selectStream } from '../stream-selector.ts';

export const decreaseStreamRetentionPeriod: Operation<RetentionInput> = {
  ...retentionOperation,
  name: 'DecreaseStreamRetentionPeriod',
  async handle(context, input) {
    const stream = selectStream(context, input);
    await context.control.decreaseRetention(stream, input.RetentionPeriodHours);
    return null;
  },
};
