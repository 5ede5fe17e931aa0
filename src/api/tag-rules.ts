/** What tags may look like, beyond the lengths that the model gives. */
import { TAGS_PER_RESOURCE_MAX } from '../model/limits.ts';
import { invalidTags, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';

/** Unicode letters, digits, white space and `_ . : / = + - @`. */
const VALID = /^[\p{L}\p{N}\s_.:/=+\-@]*$/u;
const RESERVED = /^aws:/i;

function invalid(text: string): ServiceError {
  return new ServiceError('InvalidArgumentException', text);
}

/** Throws InvalidArgument for keys or values with other characters and for reserved keys. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  checkTagKeys(Object.keys(tags));
  if (!Object.values(tags).every((value) => VALID.test(value))) {
    throw invalid(invalidTags.characters());
  }
}

/** As checkTags, for keys alone. */
export function checkTagKeys(keys: readonly string[]): void {
  if (!keys.every((key) => VALID.test(key))) throw invalid(invalidTags.characters());
  if (keys.some((key) => RESERVED.test(key))) throw invalid(invalidTags.reserved);
}

/** Throws InvalidArgument when a stream is to have more tags than a resource can. */
export function checkTagCount(count: number, stream: StreamRef): void {
  if (count > TAGS_PER_RESOURCE_MAX) {
    throw invalid(invalidTags.tooMany(stream, TAGS_PER_RESOURCE_MAX));
  }
}
