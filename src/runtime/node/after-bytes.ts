/**
 * What a short write has left over.
 */

/** What is left of `buffers` when their first `count` bytes are gone. */
export function afterBytes(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let gone = count;
  let index = 0;
  for (const buffer of buffers) {
    if (gone < buffer.byteLength) {
      return [buffer.subarray(gone), ...buffers.slice(index + 1)];
    }
    gone -= buffer.byteLength;
    index += 1;
  }
  return [];
}
