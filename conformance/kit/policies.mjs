// @ts-check
// Resource policies that cases attach.

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} arn
 * @param {string} [sid]
 * @returns {string}
 */
export function policyFor(lab, arn, sid = 'reads') {
  const consumer = arn.includes('/consumer/');
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: sid,
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${lab.account}:root` },
        Action: consumer
          ? ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard']
          : ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:ListShards'],
        Resource: arn,
      },
    ],
  });
}
