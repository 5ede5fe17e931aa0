// @ts-check
// put-records: batches of 500 records of 1 KiB. put-record: one record of 1 KiB per request.

import { KinesisClient, createActiveStream } from '../../test/harness/kinesis-client.mjs';

/** Streams of the bench have this name in every server. */
export const STREAM = 'bench';

/**
 * @param {'put-records' | 'put-record'} name
 * @param {import('../main.mjs').BenchOptions} options
 * @returns {import('../main.mjs').Workload}
 */
export function putWorkload(name, options) {
  const many = name === 'put-records';
  const records = many ? (options.batch ?? 500) : 1;
  return {
    recordsPerRequest: () => records,
    fresh: true,
    connections: options.connections ?? (many ? 8 : 32),
    prepare: async (target) => {
      if (!target.kinesis) return;
      const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
      await createActiveStream(client, STREAM, options.shards ?? 4);
      client.close();
    },
    spec: (target) => ({
      operation: many ? 'PutRecords' : 'PutRecord',
      protocol: target.protocol ?? options.protocol,
      streams: [STREAM],
      records,
      recordBytes: options.recordBytes,
      pool: many ? 24 : 512,
    }),
  };
}
