// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { REFUSED, channelTo } from '../kit/channels.mjs';
import { fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'CreateChannel';
const provisioned = once((lab) => lab.stream());
const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => channelTo(lab, lab.arn(NOTHING)));
  suite.refuses('a stream that does not exist', (lab) => channelTo(lab, lab.arn(NOTHING)), [
    ...['ResourceNotFoundException', 'InvalidArgumentException'],
  ]);
  suite.refuses(
    'a provisioned stream',
    async (lab) => channelTo(lab, (await provisioned(lab)).arn),
    REFUSED,
  );
  suite.refuses(
    'no destination',
    async (lab) => {
      const input = channelTo(lab, (await onDemand(lab)).arn);
      return { ...input, S3DestinationConfiguration: undefined };
    },
    REFUSED,
  );
  suite.refuses(
    'two destinations',
    async (lab) => {
      const input = channelTo(lab, (await onDemand(lab)).arn);
      const owner = { BucketARN: `arn:aws:s3:::${NOTHING}`, ExpectedBucketOwner: lab.account };
      const TableBucketARN = `arn:aws:s3tables:${lab.region}:${lab.account}:bucket/tables`;
      return {
        ...input,
        S3TablesDestinationConfiguration: {
          DeadLetterQueueS3Configuration: owner,
          S3TablesConfigurationList: [
            { TableBucketARN, Namespace: 'n', TableName: 't', CompressionType: 'NONE' },
          ],
        },
      };
    },
    REFUSED,
  );
  suite.refuses(
    'two streams',
    async (lab) => {
      const input = channelTo(lab, (await onDemand(lab)).arn);
      const [one] = input.StreamConfigurationList;
      return { ...input, StreamConfigurationList: [one, one] };
    },
    REFUSED,
  );
  for (const seconds of [299, 901, 0, -1]) {
    suite.refuses(
      `DataFreshnessInSeconds of ${seconds}`,
      async (lab) => {
        const input = channelTo(lab, (await onDemand(lab)).arn);
        input.S3DestinationConfiguration.DataFreshnessInSeconds = seconds;
        return input;
      },
      REFUSED,
    );
  }
  suite.case('a refused channel leaves nothing', async ({ lab, call }) => {
    const { arn } = await provisioned(lab);
    fails(await call(channelTo(lab, arn)), REFUSED);
    const input = { StreamFilter: [{ StreamARN: arn }] };
    const { ChannelSummaries } = await lab.out('ListChannels', input);
    if (ChannelSummaries.length > 0) throw new Error('there is a channel');
  });
}
