// @ts-check
// Small valid values of every shape of the model, for requests that vary one member at a time.
import { Instant } from './cbor.mjs';
import { must } from './expect.mjs';
import { shapeOf } from './facts.mjs';

/**
 * Where values that name resources point: nothing by these names exists.
 * @typedef {{ account: string, region: string }} Place
 */

const NOTHING = 'tr-conformance-nothing';

/** @param {Place} place */
function named({ account, region }) {
  const arn = `arn:aws:kinesis:${region}:${account}`;
  return /** @type {Record<string, any>} */ ({
    BucketARN: `arn:aws:s3:::${NOTHING}`,
    ChannelARN: `${arn}:channel/${NOTHING}`,
    ConsumerARN: `${arn}:stream/${NOTHING}/consumer/c:1700000000`,
    ExpectedBucketOwner: account,
    GSRSchemaARN: `arn:aws:glue:${region}:${account}:schema/r/s`,
    HashKey: '1',
    KeyId: 'alias/aws/kinesis',
    Policy: '{}',
    ResourceARN: `${arn}:stream/${NOTHING}`,
    RoleARN: `arn:aws:iam::${account}:role/r`,
    SequenceNumber: '1',
    ShardId: 'shardId-000000000000',
    StreamARN: `${arn}:stream/${NOTHING}`,
    StreamId: 'abcdefghij0123456789-abc',
    StreamName: NOTHING,
    TableBucketARN: `arn:aws:s3tables:${region}:${account}:bucket/bucket`,
  });
}

/**
 * @param {string} name of a shape
 * @param {Place} place
 * @returns {any}
 */
export function sampleOf(name, place) {
  const known = named(place)[name];
  if (known !== undefined) return known;
  const shape = shapeOf(name);
  switch (shape.kind) {
    case 'structure':
      return Object.fromEntries(
        shape.members
          .filter((member) => member.required)
          .map((member) => [member.name, sampleOf(member.shape, place)]),
      );
    case 'string':
      return shape.values?.[0] ?? 'a';
    case 'integer':
      return shape.min ?? 1;
    case 'blob':
      return Buffer.from('data');
    case 'boolean':
      return false;
    case 'timestamp':
      return new Instant(1_700_000_000_000);
    case 'list':
      return [sampleOf(shape.member, place)];
    case 'map':
      return { [sampleOf(shape.key, place)]: sampleOf(shape.value, place) };
  }
}

/**
 * Whether a text matches a pattern of the model as a whole.
 * @param {string} pattern
 * @param {string} text
 */
export function matches(pattern, text) {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/**
 * A valid text of the shape with exactly `length` characters, or null.
 * @param {import('./facts.mjs').StringShape} shape
 * @param {number} length
 * @param {Place} place
 * @returns {string | null}
 */
export function textOfLength(shape, length, place) {
  const sample = String(sampleOf(shape.name, place));
  if (sample.length > length) return null;
  for (const fill of ['a', '1', 'A']) {
    const text = sample + fill.repeat(length - sample.length);
    if (shape.pattern === undefined || matches(shape.pattern, text)) return text;
  }
  return null;
}

/**
 * Texts that break the pattern but no length.
 * @param {import('./facts.mjs').StringShape} shape
 * @returns {string[]}
 */
export function patternBreakers(shape) {
  const { pattern } = shape;
  if (pattern === undefined) return [];
  const fits = (/** @type {string} */ text) =>
    text.length >= (shape.min ?? 0) && text.length <= (shape.max ?? Infinity);
  const candidates = ['not valid', 'a:b*', '01', '-1', `1${'0'.repeat(129)}`, 'a b c d e f '];
  const found = candidates.filter((text) => fits(text) && !matches(pattern, text));
  must(found.length > 0, `no text breaks the pattern of ${shape.name}`);
  return shape.name === 'HashKey' || shape.name === 'SequenceNumber' ? found : found.slice(0, 1);
}
