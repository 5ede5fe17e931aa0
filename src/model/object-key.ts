/**
 * Keys of the objects that a channel writes: a template the user may give, and behind it a name of
 * our own.
 *
 * The name holds channel, shard and first and last sequence number, so two different batches never
 * have the same key and the same batch always has the same one, whatever the template says.
 */
import { OBJECT_KEY_BYTES_MAX } from './limits.ts';

/** What one batch of records puts into its key. */
export interface ObjectKeyParts {
  readonly channelName: string;
  readonly channelId: string;
  readonly streamName: string;
  readonly shardId: string;
  readonly firstSequenceNumber: string;
  readonly lastSequenceNumber: string;
  /** Arrival of the first record of the batch, epoch ms. */
  readonly timeMs: number;
}

export const DEFAULT_KEY_TEMPLATE = '{streamName}/{channelName}/{year}/{month}/{day}/{hour}/';
/** First part of the keys of dead letters, unless the channel says otherwise. */
export const DEFAULT_ERROR_PREFIX = 'errors/';
const DEAD_LETTER_TEMPLATE = DEFAULT_KEY_TEMPLATE;
/** Longest suffix of an object's name, such as `.jsonl.zst`. */
const SUFFIX_BYTES_MAX = 16;

const PLACEHOLDERS: Readonly<Record<string, (parts: ObjectKeyParts) => string>> = {
  channelName: (parts) => parts.channelName,
  channelId: (parts) => parts.channelId,
  streamName: (parts) => parts.streamName,
  shardId: (parts) => parts.shardId,
  year: ({ timeMs }) => isoText(timeMs, 0, 4),
  month: ({ timeMs }) => isoText(timeMs, 5, 7),
  day: ({ timeMs }) => isoText(timeMs, 8, 10),
  hour: ({ timeMs }) => isoText(timeMs, 11, 13),
  minute: ({ timeMs }) => isoText(timeMs, 14, 16),
};

/** Part of the UTC form `2026-08-01T13:45:00.000Z`. */
function isoText(ms: number, from: number, to: number): string {
  return new Date(ms).toISOString().slice(from, to);
}

/** Key of the object that holds the records of a batch. */
export function objectKey(template: string | null, parts: ObjectKeyParts, suffix: string): string {
  return joined(fill(template ?? DEFAULT_KEY_TEMPLATE, parts), parts) + suffix;
}

/** Key of the object that holds those records of a batch that could not be delivered. */
export function deadLetterKey(prefix: string, parts: ObjectKeyParts): string {
  return `${joined(prefix + fill(DEAD_LETTER_TEMPLATE, parts), parts)}.jsonl`;
}

function joined(folder: string, parts: ObjectKeyParts): string {
  const slash = folder === '' || folder.endsWith('/') ? '' : '/';
  const { channelId, shardId, firstSequenceNumber, lastSequenceNumber } = parts;
  return `${folder}${slash}${channelId}-${shardId}-${firstSequenceNumber}-${lastSequenceNumber}`;
}

function fill(template: string, parts: ObjectKeyParts): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => PLACEHOLDERS[name]!(parts));
}

/** What is wrong with a template for a channel, as part of a sentence; null when it is fine. */
export function keyTemplateProblem(template: string, channelName: string): string | null {
  for (const [whole, name] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (!Object.hasOwn(PLACEHOLDERS, name!)) {
      return `${whole} is not one of ${Object.keys(PLACEHOLDERS).join(', ')}`;
    }
  }
  if (/[{}]/.test(template.replaceAll(/\{\w+\}/g, ''))) return 'a brace has no counterpart';
  const longest: ObjectKeyParts = {
    channelName,
    channelId: '0'.repeat(20),
    streamName: 's'.repeat(128),
    shardId: 'shardId-000000000000',
    firstSequenceNumber: '0'.repeat(56),
    lastSequenceNumber: '0'.repeat(56),
    timeMs: 0,
  };
  const length = objectKey(template, longest, '').length + SUFFIX_BYTES_MAX;
  return length > OBJECT_KEY_BYTES_MAX
    ? `keys could be longer than ${OBJECT_KEY_BYTES_MAX} bytes`
    : null;
}
