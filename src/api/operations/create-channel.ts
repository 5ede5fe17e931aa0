/** CreateChannel: begins the delivery of an on-demand stream to an S3 bucket. */
import { kmsCodes } from '../../model/service-error.ts';
import type {
  ChannelCompression,
  ChannelDestination,
  ChannelFormat,
  ChannelStorageClass,
} from '../../model/channel.ts';
import { CHANNEL_FRESHNESS_SECONDS_MIN } from '../../model/limits.ts';
import { invalidChannel, invalidTags } from '../../model/messages.ts';
import { DEFAULT_ERROR_PREFIX, keyTemplateProblem } from '../../model/object-key.ts';
import { checkFreshness, describeChannelDocument, wishedLogging } from '../channel-selector.ts';
import type { LoggingInput } from '../channel-selector.ts';
import * as channelShapes from '../channel-shapes.ts';
import { streamOf } from '../consumer-selector.ts';
import type { Operation } from '../operation.ts';
import type { CreateChannelCommand } from '../ports.ts';
import { requestTags } from '../request-tags.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { invalid, targetOf } from '../stream-selector.ts';
import { checkTagCount, checkTagKeys, checkTagsLegal, checkTagTexts } from '../tag-rules.ts';
import { tagTexts, type Tags } from '../tag-rules.ts';

interface BucketInput {
  readonly BucketARN: string;
  readonly ExpectedBucketOwner: string;
}

interface DestinationInput {
  readonly DataFreshnessInSeconds?: number;
  readonly DeadLetterQueueS3Configuration?: BucketInput & { readonly ErrorOutputPrefix?: string };
  readonly StorageConfiguration: BucketInput & {
    readonly OutputKeyTemplate?: string;
    readonly StorageClass?: ChannelStorageClass;
    readonly CompressionType: ChannelCompression;
  };
}

interface StreamInput {
  readonly StreamARN: string;
  readonly RecordConfiguration: {
    readonly RecordFormatType: ChannelFormat | 'GSR_JSON';
    readonly GSRSchemaARN?: string;
  };
}

interface Input {
  readonly ChannelName: string;
  readonly ServiceExecutionRoleARN: string;
  readonly StreamConfigurationList: readonly StreamInput[];
  readonly S3DestinationConfiguration?: DestinationInput;
  readonly S3TablesDestinationConfiguration?: object;
  readonly EncryptionConfiguration?: { readonly KeyId: string };
  readonly Tags?: Tags;
  readonly LoggingConfiguration?: LoggingInput;
}

export const createChannel: Operation<Input> = {
  name: 'CreateChannel',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      ChannelName: required(channelShapes.channelName),
      ServiceExecutionRoleARN: required(channelShapes.roleArn),
      StreamConfigurationList: required(channelShapes.channelStreamConfigurationList),
      S3DestinationConfiguration: channelShapes.s3DestinationConfiguration,
      S3TablesDestinationConfiguration: channelShapes.s3TablesDestinationConfiguration,
      EncryptionConfiguration: channelShapes.channelEncryptionConfiguration,
      Tags: shapes.tagMap,
      LoggingConfiguration: channelShapes.channelLoggingConfiguration,
    },
  },
  errors: [
    'ValidationException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
    ...kmsCodes,
  ],
  target: () => null,
  async handle(context, input) {
    const stream = streamOf(onlyStream(input).StreamARN);
    const { caller, access, control } = context;
    const target = targetOf(context, stream);
    await access.check(caller, 'kinesis:AssociateStreamsWithChannel', target);
    const roleArn = input.ServiceExecutionRoleARN;
    const role = { arn: roleArn, account: roleArn.split(':')[4]! };
    await access.check(caller, 'iam:PassRole', role);
    if (input.Tags !== undefined) {
      await access.check(caller, 'kinesis:TagResource', null, requestTags(input));
    }
    const command = commandOf(input);
    checkTagCount(Object.keys(command.tags).length, stream);
    if (stream.account !== caller.account) throw invalid(invalidChannel.account);
    const channel = await control.createChannel(stream, command);
    return { ChannelDescription: describeChannelDocument(channel) };
  },
};

function onlyStream({ StreamConfigurationList }: Input): StreamInput {
  if (StreamConfigurationList.length !== 1) throw invalid(invalidChannel.oneStream);
  return StreamConfigurationList[0]!;
}

function commandOf(input: Input): CreateChannelCommand {
  return {
    name: input.ChannelName,
    roleArn: input.ServiceExecutionRoleARN,
    destination: destinationOf(input),
    format: formatOf(onlyStream(input)),
    kmsKeyId: input.EncryptionConfiguration?.KeyId ?? null,
    logging: wishedLogging(input.LoggingConfiguration),
    tags: checkedTags(input.Tags ?? {}),
  };
}

function formatOf({ RecordConfiguration }: StreamInput): ChannelFormat {
  const { RecordFormatType, GSRSchemaARN } = RecordConfiguration;
  if (RecordFormatType === 'GSR_JSON') throw invalid(invalidChannel.format(RecordFormatType));
  if (GSRSchemaARN !== undefined) throw invalid(invalidChannel.schema);
  return RecordFormatType;
}

function destinationOf(input: Input): ChannelDestination {
  const { S3DestinationConfiguration: s3, S3TablesDestinationConfiguration: tables } = input;
  if ((s3 === undefined) === (tables === undefined)) throw invalid(invalidChannel.oneDestination);
  if (s3 === undefined) throw invalid(invalidChannel.onlyS3);
  const storage = s3.StorageConfiguration;
  const keyTemplate = storage.OutputKeyTemplate ?? null;
  const problem = keyTemplate === null ? null : keyTemplateProblem(keyTemplate, input.ChannelName);
  if (problem !== null) throw invalid(invalidChannel.keyTemplate(problem));
  const dead = s3.DeadLetterQueueS3Configuration;
  return {
    bucket: bucketOf(storage),
    compression: storage.CompressionType,
    keyTemplate,
    storageClass: storage.StorageClass ?? null,
    deadLetter: {
      ...bucketOf(dead ?? storage),
      prefix: dead?.ErrorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
    },
    freshnessSeconds: checkFreshness(s3.DataFreshnessInSeconds ?? CHANNEL_FRESHNESS_SECONDS_MIN),
  };
}

function bucketOf({ BucketARN, ExpectedBucketOwner }: BucketInput): ChannelDestination['bucket'] {
  return { arn: BucketARN, expectedOwner: ExpectedBucketOwner };
}

function checkedTags(tags: Tags): Tags {
  const texts = tagTexts(tags);
  checkTagTexts(texts);
  checkTagsLegal(texts, invalidTags.characters());
  checkTagKeys(Object.keys(tags));
  return tags;
}
