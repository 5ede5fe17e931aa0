/**
 * What PutRecord and PutRecords check of records once the stream is known: the rules that depend on
 * the stream's settings, and those the service applies only after it has found the stream.
 */
import { readU32 } from '../common/bytes.ts';
import { PUT_RECORDS_BYTES_MAX } from '../model/limits.ts';
import { dryRunSucceeded, invalidRecord } from '../model/messages.ts';
import { recordBytes } from '../model/packed.ts';
import { flagNoPartitionKey, packedHeaderBytes, type RecordBatch } from '../model/record-batch.ts';
import { ServiceError } from '../model/service-error.ts';
import type { StreamDocument } from '../model/stream.ts';
import { blobText, ConstraintFailures } from './check.ts';

const KIB = 1024;

/** Records of a put call, with what could not be decided without the stream. */
export interface PutInput {
  readonly batch: RecordBatch;
  /** The first explicit hash key beyond the ring. */
  readonly invalidHashKey: string | null;
  readonly dryRun: boolean;
}

/**
 * Throws what the first broken rule calls for, nothing having been stored. `pathOf` gives the place
 * of record i in the request, with its final dot if it is not empty.
 */
export function checkRecords(
  stream: StreamDocument,
  input: PutInput,
  pathOf: (index: number) => string,
): void {
  const { batch } = input;
  const failures = new ConstraintFailures();
  const bound = stream.maxRecordSizeKiB * KIB;
  const keyRequired = stream.distribution === 'USER_PARTITION_KEY';
  for (let i = 0; i < batch.count && !failures.full; i++) {
    const start = batch.offsets[i]!;
    if (keyRequired && (batch.packed[start + 6]! & flagNoPartitionKey) !== 0) {
      failures.add(`${pathOf(i)}partitionKey`, null, 'Member must not be null');
    }
    if (batch.offsets[i + 1]! - start - packedHeaderBytes > bound) {
      const value = blobText(readU32(batch.packed, start));
      const text = `Member must have length less than or equal to ${bound}`;
      failures.add(`${pathOf(i)}data`, value, text);
    }
  }
  failures.throwIfAny();
  if (recordBytes(batch.packed.length, batch.count) > PUT_RECORDS_BYTES_MAX) {
    throw new ServiceError('InvalidArgumentException', invalidRecord.batchSize);
  }
  if (input.invalidHashKey !== null) {
    const text = invalidRecord.explicitHashKey(input.invalidHashKey);
    throw new ServiceError('InvalidArgumentException', text);
  }
}

/** What a dry run whose checks all passed is answered with. */
export function dryRun(): ServiceError {
  return new ServiceError('DryRunOperationException', dryRunSucceeded);
}
