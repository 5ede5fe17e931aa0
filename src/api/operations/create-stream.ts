/**
 * CreateStream: asks for a stream; it is CREATING when the call returns and ACTIVE a little later.
 */
import {
  MAX_RECORD_SIZE_KIB_DEFAULT,
  ON_DEMAND_INITIAL_SHARDS,
  WARM_THROUGHPUT_MIBPS_MAX,
} from '../../model/limits.ts';
import { invalidRequest, invalidTags } from '../../model/messages.ts';
import { ServiceError } from '../../model/service-error.ts';
import type { RecordDistributionStrategy, StreamMode } from '../../model/stream.ts';
import { requestTags } from '../request-tags.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { invalid, streamTarget } from '../stream-selector.ts';
import {
  checkTagCount,
  checkTagKeys,
  checkTagsLegal,
  checkTagTexts,
  tagTexts,
} from '../tag-rules.ts';

interface Input {
  readonly StreamName: string;
  readonly ShardCount?: number;
  readonly StreamModeDetails?: { readonly StreamMode: StreamMode };
  readonly Tags?: Readonly<Record<string, string>>;
  readonly WarmThroughputMiBps?: number;
  readonly MaxRecordSizeInKiB?: number;
  readonly RecordDistributionStrategy?: RecordDistributionStrategy;
}

export const createStream: Operation<Input> = {
  name: 'CreateStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: required(shapes.streamName),
      ShardCount: shapes.positiveIntegerObject,
      StreamModeDetails: shapes.streamModeDetails,
      Tags: shapes.tagMap,
      WarmThroughputMiBps: shapes.naturalIntegerObject,
      MaxRecordSizeInKiB: shapes.maxRecordSizeInKiB,
      RecordDistributionStrategy: shapes.recordDistributionStrategy,
    },
  },
  errors: [
    'ResourceInUseException',
    'LimitExceededException',
    'InvalidArgumentException',
    'ValidationException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const { account } = context.caller;
    const name = input.StreamName;
    if (input.Tags !== undefined) {
      await context.access.check(
        context.caller,
        'kinesis:AddTagsToStream',
        streamTarget(context, input),
        requestTags(input),
      );
      const texts = tagTexts(input.Tags);
      checkTagTexts(texts);
      checkTagsLegal(texts, invalidTags.illegalOnAdd({ account, name }));
      checkTagKeys(Object.keys(input.Tags));
      checkTagCount(Object.keys(input.Tags).length, { account, name });
    }
    const mode = modeOf(input);
    await context.control.createStream({
      account,
      name,
      mode,
      shardCount: mode === 'ON_DEMAND' ? onDemandShards(input) : provisionedShards(input),
      tags: { ...input.Tags },
      warmThroughputMiBps: input.WarmThroughputMiBps ?? null,
      maxRecordSizeKiB: input.MaxRecordSizeInKiB ?? MAX_RECORD_SIZE_KIB_DEFAULT,
      distribution: input.RecordDistributionStrategy ?? 'USER_PARTITION_KEY',
    });
    return null;
  },
};

/** Without either member a stream is on-demand; a shard count alone makes it provisioned. */
function modeOf(input: Input): StreamMode {
  if (input.StreamModeDetails !== undefined) return input.StreamModeDetails.StreamMode;
  return input.ShardCount === undefined ? 'ON_DEMAND' : 'PROVISIONED';
}

function provisionedShards(input: Input): number {
  if (input.WarmThroughputMiBps !== undefined) {
    throw validation(invalidRequest.warmThroughputOnProvisioned);
  }
  if (input.RecordDistributionStrategy === 'AUTO') {
    throw invalid(invalidRequest.distributionOnProvisioned);
  }
  if (input.ShardCount === undefined) throw validation(invalidRequest.shardCountMissing);
  return input.ShardCount;
}

/** A shard takes 1 MiB/s, so warm throughput asks for as many shards. */
function onDemandShards(input: Input): number {
  const warm = input.WarmThroughputMiBps ?? 0;
  if (warm > WARM_THROUGHPUT_MIBPS_MAX) {
    throw validation(invalidRequest.warmThroughputTooHigh(WARM_THROUGHPUT_MIBPS_MAX));
  }
  return Math.max(ON_DEMAND_INITIAL_SHARDS, warm);
}

function validation(text: string): ServiceError {
  return new ServiceError('ValidationException', text);
}
