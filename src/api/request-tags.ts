/**
 * The tags a request would set or remove, for policies with conditions on them.
 */
import type { RequestTags } from '../auth/request-context.ts';

interface Tagged {
  readonly Tags?: Readonly<Record<string, string>>;
  readonly TagKeys?: readonly string[];
}

/** Null for requests that do not touch tags; the model calls them alike in all operations. */
export function requestTags(input: unknown): RequestTags | null {
  if (typeof input !== 'object' || input === null || !('Tags' in input || 'TagKeys' in input)) {
    return null;
  }
  const { Tags = {}, TagKeys = [] } = input as Tagged;
  return { values: Tags, keys: [...Object.keys(Tags), ...TagKeys] };
}
