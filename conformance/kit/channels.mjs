// @ts-check
// What cases of channels are made of. Nothing here needs a bucket that exists.
import { NOTHING } from './common.mjs';

/** @typedef {import('./lab.mjs').Lab} Lab */

/** @param {Lab} lab */
export function channelOfNothing(lab) {
  return { ChannelARN: `arn:aws:kinesis:${lab.region}:${lab.account}:channel/${NOTHING}` };
}

/**
 * A complete request for a channel to S3.
 * @param {Lab} lab
 * @param {string} streamArn
 * @returns {any}
 */
export function channelTo(lab, streamArn) {
  return {
    ChannelName: NOTHING,
    ServiceExecutionRoleARN: `arn:aws:iam::${lab.account}:role/delivery`,
    StreamConfigurationList: [
      { StreamARN: streamArn, RecordConfiguration: { RecordFormatType: 'JSON' } },
    ],
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: 300,
      StorageConfiguration: {
        BucketARN: `arn:aws:s3:::${NOTHING}`,
        ExpectedBucketOwner: lab.account,
        CompressionType: 'NONE',
      },
    },
  };
}

/** Refusals that the model allows for a request that makes no sense. */
export const REFUSED = ['ValidationException', 'InvalidArgumentException'];
