// @ts-check
// Reads the bucket that channels deliver to, through the AWS SDK's S3 client and its credentials.
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

export class Bucket {
  #client;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {string} options.region
   * @param {string} [options.endpoint] that of AWS unless given
   * @param {string} [options.owner] account; that of the stream unless given
   * @param {string} [options.role] ARN that channels are made with
   */
  constructor({ name, region, endpoint, owner, role }) {
    this.name = name;
    this.owner = owner;
    this.role = role;
    this.#client = new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
  }

  /**
   * The objects below a prefix as text, decompressed, in the order of their keys.
   * @param {string} prefix
   * @returns {Promise<string[]>}
   */
  async contents(prefix) {
    const list = new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix });
    const { Contents = [] } = await this.#client.send(list);
    const texts = [];
    for (const { Key = '' } of Contents) {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
      texts.push((zipped ? gunzipSync(bytes) : bytes).toString('utf8'));
    }
    return texts;
  }
}
