/**
 * What tags may look like, beyond the lengths that the model gives. The service checks twice, with
 * different sets and texts: before it has looked at the resource, and after.
 */
import { TAGS_PER_RESOURCE_MAX } from '../model/limits.ts';
import { invalidTags, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';

export type Tags = Readonly<Record<string, string>>;

/** Unicode letters, digits, white space and `_ . : / = + - % @`. */
const VALID = /^[\p{L}\p{N}\s_.:/=+\-%@]*$/u;
/** The second check takes no `%`. */
const ILLEGAL = /%/;
const RESERVED = /^aws:/i;

function invalid(text: string): ServiceError {
  return new ServiceError('InvalidArgumentException', text);
}

/** All texts of tags. */
export function tagTexts(tags: Tags): readonly string[] {
  return Object.entries(tags).flat();
}

/** The first check, of keys and values alike. Throws InvalidArgument. */
export function checkTagTexts(texts: readonly string[]): void {
  if (!texts.every((text) => VALID.test(text))) throw invalid(invalidTags.characters());
}

/** Throws InvalidArgument for keys that are the system's. */
export function checkTagKeys(keys: readonly string[]): void {
  if (keys.some((key) => RESERVED.test(key))) throw invalid(invalidTags.reserved);
}

/** The second check. Throws InvalidArgument with `text` (one of `invalidTags.illegalOn…`). */
export function checkTagsLegal(texts: readonly string[], text: string): void {
  if (texts.some((given) => ILLEGAL.test(given))) throw invalid(text);
}

/** Throws InvalidArgument when a new stream is to have more tags than a resource can. */
export function checkTagCount(count: number, stream: StreamRef): void {
  if (count > TAGS_PER_RESOURCE_MAX) {
    throw invalid(invalidTags.tooMany(stream, TAGS_PER_RESOURCE_MAX));
  }
}

/** Tags as answers list them: in key order. */
export function describeTags(
  tags: Tags,
): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.keys(tags)
    .sort()
    .map((Key) => ({ Key, Value: tags[Key]! }));
}
