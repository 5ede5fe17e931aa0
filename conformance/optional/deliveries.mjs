// @ts-check
// What channels put into a bucket. Needs a bucket that the server delivers to and that can be read
// from here. Where the billing commitment costs nothing, warm throughput ends the shards and their
// batches with them; elsewhere a case waits until the records are as old as they may become, for
// which it needs more time than a case has by default.
import { setTimeout as delay } from 'node:timers/promises';
import { equal, must } from '../kit/expect.mjs';

/** @typedef {import('../kit/lab.mjs').Lab} Lab */
/** @typedef {{ name: string, arn: string, prefix: string }} Channel */

export const name = '(deliveries)';
export const phase = 1;
const POLL_MS = 1_000;
const ON_DEMAND = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
const RECORDS = 100;

/** @type {Record<string, (n: number) => string>} */
const SAMPLES = {
  JSON: (n) => JSON.stringify({ n, text: 'zwölf' }),
  STRING: (n) => `Zeile ${n} \u2603`,
  BYTE_ARRAY: (n) => `<<${n}>>`,
};

/** @param {Lab} lab */
function bucketOf({ bucket }) {
  must(bucket, 'no bucket was given');
  return /** @type {import('../kit/bucket.mjs').Bucket} */ (bucket);
}

/**
 * A channel of a new stream, ACTIVE.
 * @param {Lab} lab
 * @param {{ format: string, compression?: string }} options
 * @param {(stream: string) => Promise<void>} [before] done before the channel is made
 * @returns {Promise<Channel & { errors: string }>}
 */
async function makeChannel(lab, { format, compression = 'NONE' }, before = async () => {}) {
  const stream = await lab.stream(ON_DEMAND);
  await before(stream.name);
  const [prefix, errors] = [`${stream.name}/`, `${stream.name}-errors/`];
  const place = {
    BucketARN: `arn:aws:s3:::${bucketOf(lab).name}`,
    ExpectedBucketOwner: bucketOf(lab).owner ?? lab.account,
  };
  const { ChannelDescription: made } = await lab.out('CreateChannel', {
    ChannelName: stream.name,
    ServiceExecutionRoleARN: bucketOf(lab).role ?? `arn:aws:iam::${lab.account}:role/delivery`,
    StreamConfigurationList: [
      { StreamARN: stream.arn, RecordConfiguration: { RecordFormatType: format } },
    ],
    S3DestinationConfiguration: {
      StorageConfiguration: { ...place, CompressionType: compression, OutputKeyTemplate: prefix },
      DeadLetterQueueS3Configuration: { ...place, ErrorOutputPrefix: errors },
    },
  });
  for (;;) {
    const { ChannelDescription: seen } = await lab.out('DescribeChannel', {
      ChannelARN: made.ChannelARN,
    });
    must(seen.ChannelStatus !== 'FAILED', `FAILED: ${seen.ChannelStatusReason}`);
    if (seen.ChannelStatus === 'ACTIVE') break;
    await delay(POLL_MS);
  }
  return { name: stream.name, arn: made.ChannelARN, prefix, errors };
}

/**
 * @param {Lab} lab
 * @param {string} StreamName
 * @param {readonly string[]} texts
 */
async function put(lab, StreamName, texts) {
  const Records = texts.map((text, n) => ({ Data: Buffer.from(text), PartitionKey: String(n) }));
  const { FailedRecordCount } = await lab.out('PutRecords', { StreamName, Records });
  equal(FailedRecordCount, 0, 'FailedRecordCount');
}

/**
 * Ends the batches early where that can be had for nothing.
 * @param {Lab} lab
 * @param {string} StreamName
 */
async function hasten(lab, StreamName) {
  if (/\.amazonaws\.com(\.cn)?$|\.api\.aws$/.test(lab.client.url.hostname)) return;
  const MinimumThroughputBillingCommitment = { Status: 'ENABLED' };
  await lab.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment });
  await lab.call('UpdateStreamWarmThroughput', { StreamName, WarmThroughputMiBps: 8 });
}

/**
 * Everything below a prefix as soon as `enough` says so; cases end by their time limit otherwise.
 * @param {Lab} lab
 * @param {string} prefix
 * @param {(bytes: string) => boolean} enough
 */
async function delivered(lab, prefix, enough) {
  for (;;) {
    const text = (await bucketOf(lab).contents(prefix)).join('');
    if (enough(text)) return text;
    await delay(POLL_MS);
  }
}

/** @param {Lab} lab @param {Channel} channel */
async function remove(lab, { arn, prefix }) {
  await lab.out('DeleteChannel', { ChannelARN: arn });
  const input = { StreamFilter: [{ StreamARN: lab.arn(prefix.slice(0, -1)) }] };
  for (;;) {
    const { ChannelSummaries } = await lab.out('ListChannels', input);
    if (ChannelSummaries.length === 0) return;
    await delay(POLL_MS);
  }
}

/**
 * How often each sample occurs. How BYTE_ARRAY parts its records is not documented, so they are
 * looked for in the bytes; the others are lines.
 * @param {string} format
 * @param {string} text
 * @param {readonly string[]} samples
 */
function occurrences(format, text, samples) {
  if (format === 'BYTE_ARRAY') return samples.map((sample) => text.split(sample).length - 1);
  const lines = text.split('\n');
  return samples.map((sample) => lines.filter((line) => line === sample).length);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  for (const [format, sample] of Object.entries(SAMPLES)) {
    const samples = Array.from({ length: RECORDS }, (_, n) => sample(n));
    for (const compression of ['NONE', 'GZIP']) {
      suite.case(`every record once: ${format}, ${compression}`, async ({ lab }) => {
        const channel = await makeChannel(lab, { format, compression });
        await put(lab, channel.name, samples);
        await hasten(lab, channel.name);
        const text = await delivered(lab, channel.prefix, (seen) =>
          occurrences(format, seen, samples).every((count) => count > 0),
        );
        const counts = occurrences(format, text, samples);
        must(
          counts.every((count) => count === 1),
          'a record came twice',
        );
        await remove(lab, channel);
      });
    }
  }
  suite.case('records that are not of the format are dead letters', async ({ lab }) => {
    const channel = await makeChannel(lab, { format: 'JSON' });
    await put(lab, channel.name, ['{"good":1}', '{not json', '{"good":2}']);
    await hasten(lab, channel.name);
    const good = await delivered(lab, channel.prefix, (seen) => /1}[^]*2}|2}[^]*1}/.test(seen));
    must(!good.includes('{not json'), 'it was delivered as if it were one');
    await delivered(lab, channel.errors, (seen) => seen !== '');
    await remove(lab, channel);
  });
  suite.case('records from before the channel are not delivered', async ({ lab }) => {
    const channel = await makeChannel(lab, { format: 'STRING' }, (stream) =>
      put(lab, stream, ['before']),
    );
    await put(lab, channel.name, ['after']);
    await hasten(lab, channel.name);
    const text = await delivered(lab, channel.prefix, (seen) => seen.includes('after'));
    must(!text.includes('before'), 'the earlier record was delivered');
    await remove(lab, channel);
  });
  suite.case('a deleted channel leaves what it delivered', async ({ lab }) => {
    const channel = await makeChannel(lab, { format: 'STRING' });
    await put(lab, channel.name, ['kept']);
    await hasten(lab, channel.name);
    await delivered(lab, channel.prefix, (seen) => seen === 'kept\n');
    await remove(lab, channel);
    equal((await bucketOf(lab).contents(channel.prefix)).join(''), 'kept\n', 'objects');
  });
}
