/** PutRecord: appends one record and tells its shard and sequence number. */
import { invalidRecord, throughputExceeded, type StreamRef } from '../../model/messages.ts';
import { RecordBatchBuilder } from '../../model/record-batch-builder.ts';
import { decodeSequenceNumber } from '../../model/sequence-number.ts';
import type { SequenceNumberTexts } from '../../model/sequence-number.ts';
import { kmsCodes, ServiceError } from '../../model/service-error.ts';
import { shardId } from '../../model/shard-id.ts';
import { scanPutRecordJson } from '../fast/scan-put-record-json.ts';
import type { DataOperation } from '../operation.ts';
import type { AppendResult } from '../ports.ts';
import { checkRecords, dryRun, type PutInput } from '../put-rules.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { dataStream, invalid, streamTarget, type StreamSelector } from '../stream-selector.ts';

interface Members extends StreamSelector {
  readonly Data: Uint8Array;
  readonly PartitionKey?: string;
  readonly ExplicitHashKey?: string;
  readonly SequenceNumberForOrdering?: string;
  readonly DryRun?: boolean;
}

interface Input extends StreamSelector, PutInput {
  readonly SequenceNumberForOrdering?: string | undefined;
}

interface Answer {
  readonly ShardId: string;
  readonly SequenceNumber: string;
  readonly EncryptionType: 'KMS' | undefined;
}

export const putRecord: DataOperation<Input, Answer> = {
  name: 'PutRecord',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      Data: required(shapes.data),
      PartitionKey: shapes.partitionKey,
      ExplicitHashKey: shapes.hashKey,
      SequenceNumberForOrdering: shapes.sequenceNumber,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
      DryRun: shapes.booleanObject,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ProvisionedThroughputExceededException',
    'AccessDeniedException',
    'InternalFailure',
    'DryRunOperationException',
    ...kmsCodes,
  ],
  codec: {
    decodeJson: scanPutRecordJson,
    encodeJson({ ShardId, SequenceNumber, EncryptionType }) {
      const encryption =
        EncryptionType === undefined ? '' : `,"EncryptionType":"${EncryptionType}"`;
      const text = `{"ShardId":"${ShardId}","SequenceNumber":"${SequenceNumber}"${encryption}}`;
      return [Buffer.from(text, 'latin1')];
    },
  },
  prepare(given) {
    const members = given as unknown as Members;
    const { Data, PartitionKey, ExplicitHashKey } = members;
    const builder = new RecordBatchBuilder(1, Data.length + (PartitionKey?.length ?? 0) * 3);
    builder.add(PartitionKey, Data, ExplicitHashKey);
    return {
      ...members,
      batch: builder.build(),
      invalidHashKey: builder.invalidHashKey,
      dryRun: members.DryRun === true,
    };
  },
  target: streamTarget,
  handle(context, input) {
    const stream = dataStream(context, input);
    checkRecords(stream.document, input, () => '');
    const ordering = input.SequenceNumberForOrdering;
    if (ordering !== undefined) checkOrdering(ordering, stream.document, context.clock.now());
    if (input.dryRun) throw dryRun();
    const { release } = input.batch;
    const appended = context.data.append(stream, input.batch);
    return (release === undefined ? appended : appended.finally(release)).then((result) =>
      answer(context.numbers, stream.document, result),
    );
  },
};

/**
 * Numbers rise within a shard anyway, and the fields above the ordinal order those of different
 * shards, so a number that was really given out needs no more than to be recognised.
 */
function checkOrdering(text: string, stream: StreamRef, nowMs: number): void {
  const decoded = decodeSequenceNumber(text);
  if (decoded === null || decoded.recordSeconds * 1000 > nowMs) {
    throw invalid(invalidRecord.ordering(text, stream));
  }
}

function answer(numbers: SequenceNumberTexts, stream: StreamRef, result: AppendResult): Answer {
  const index = result.shardIndexes[0]!;
  if (result.status[0] === 1) {
    const text = throughputExceeded.shard(index, stream);
    throw new ServiceError('ProvisionedThroughputExceededException', text);
  }
  if (result.status[0] !== 0) throw new ServiceError('InternalFailure', null);
  const seconds = Math.floor(result.arrivalMs[0]! / 1000);
  return {
    ShardId: shardId(index),
    SequenceNumber: numbers.text(result.createdSeconds[0]!, index, result.ordinals[0]!, seconds),
    EncryptionType: result.encrypted ? 'KMS' : undefined,
  };
}
