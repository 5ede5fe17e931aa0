/**
 * Reads rows of memory before they are wanted. A processor reads many places of memory at once
 * where the program is nothing but reads, so the loop is as short as can be; where there is work
 * between them it waits for each one.
 */

/**
 * Reads word `field` of the rows `rows[first … end)`, except negative ones, in memory that is given
 * as words of four bytes, `rowWords` to a row. What it gives is of no use but that it must be asked
 * for.
 */
export function readAhead(
  words: Int32Array,
  rowWords: number,
  rows: Int32Array,
  first: number,
  end: number,
  field: number,
): number {
  let sum = 0;
  for (let i = first; i < end; i++) {
    const row = rows[i]!;
    if (row >= 0) sum ^= words[row * rowWords + field]!;
  }
  return sum;
}
