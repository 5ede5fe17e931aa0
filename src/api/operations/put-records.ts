/** PutRecords: appends up to 500 records; each succeeds or fails on its own. */
import { kmsCodes } from '../../model/service-error.ts';
import { RecordBatchBuilder } from '../../model/record-batch-builder.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import type { BodyWork } from '../../runtime/body-buffers.ts';
import {
  putRecordsKernels,
  PutRecordsScanner,
  readPutRecords,
} from '../fast/put-records-kernel.ts';
import type { DataOperation, Protocol } from '../operation.ts';
import {
  encodePutRecordsCbor,
  encodePutRecordsJson,
  type PutRecordsAnswer,
} from '../protocol/put-records-answer.ts';
import { checkRecords, dryRun, type PutInput } from '../put-rules.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { dataStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

interface Entry {
  readonly Data: Uint8Array;
  readonly PartitionKey?: string;
  readonly ExplicitHashKey?: string;
}

interface Members extends StreamSelector {
  readonly Records: readonly Entry[];
  readonly DryRun?: boolean;
}

interface Input extends StreamSelector, PutInput {}

/** Decodes one body at a time and keeps nothing of it. */
const scanner = new PutRecordsScanner(putRecordsKernels);

/** What a kernel took cannot have a hash key beyond the ring, nor be a dry run. */
function scan(
  protocol: Protocol,
  body: Uint8Array,
  buffers: Buffers,
  work: BodyWork | null,
): Input | null {
  const decoded = work?.decoded() ?? null;
  const scanned =
    decoded === null ? scanner.scan(protocol, body, buffers) : readPutRecords(decoded);
  return scanned === null ? null : { ...scanned, invalidHashKey: null, dryRun: false };
}

export const putRecords: DataOperation<Input, PutRecordsAnswer> = {
  name: 'PutRecords',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      Records: required(shapes.putRecordsRequestEntryList),
      StreamName: shapes.streamName,
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
    decodeJson: (body, buffers, work) => scan('json', body, buffers, work),
    decodeCbor: (body, buffers, work) => scan('cbor', body, buffers, work),
    encodeJson: encodePutRecordsJson,
    encodeCbor: encodePutRecordsCbor,
  },
  prepare(given) {
    const { Records, DryRun, ...selector } = given as unknown as Members;
    const bytes = Records.reduce(
      (sum, entry) => sum + entry.Data.length + 3 * (entry.PartitionKey?.length ?? 0),
      0,
    );
    const builder = new RecordBatchBuilder(Records.length, bytes);
    for (const { PartitionKey, Data, ExplicitHashKey } of Records) {
      builder.add(PartitionKey, Data, ExplicitHashKey);
    }
    return {
      ...selector,
      batch: builder.build(),
      invalidHashKey: builder.invalidHashKey,
      dryRun: DryRun === true,
    };
  },
  target: streamTarget,
  async handle(context, input) {
    const stream = dataStream(context, input);
    checkRecords(stream.document, input, (index) => `records.${index + 1}.member.`);
    if (input.dryRun) throw dryRun();
    try {
      const result = await context.data.append(stream, input.batch);
      return { stream: stream.document, result };
    } finally {
      input.batch.release?.();
    }
  },
};
