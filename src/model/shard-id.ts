/**
 * Shard ids: `shardId-` and a twelve-digit index, assigned in creation order and never reused
 * within a stream. Client libraries read the digits, so the form matters; what they send is read
 * leniently.
 */
import { QUAD, QUAD_DIGITS, writeQuad } from '../common/decimal.ts';

const PREFIX = 'shardId-';
const DIGITS = 12;
/** Largest index the service reads. */
const INDEX_MAX = 2 ** 31 - 1;

/** `shardId-000000000012` for 12. */
export function shardId(index: number): string {
  return PREFIX + String(index).padStart(DIGITS, '0');
}

/**
 * Writes the digits of `index` over zeros that end at `end`, as in the id of shard 0.
 */
export function writeShardDigits(target: DataView, end: number, index: number): void {
  for (let at = end - QUAD_DIGITS, rest = index; rest > 0; at -= QUAD_DIGITS) {
    const next = Math.floor(rest / QUAD);
    writeQuad(target, at, rest - next * QUAD);
    rest = next;
  }
}

/**
 * Index a given id stands for, or null. What follows the first hyphen counts, or all of it when
 * there is no hyphen: `shardId-000000000007`, `shard-7`, `x-7` and `7` are the same shard.
 */
export function parseShardId(text: string): number | null {
  const after = text.slice(text.indexOf('-') + 1);
  const digits = after === '' ? text : after;
  if (!/^\d+$/.test(digits)) return null;
  const index = Number(digits);
  return index <= INDEX_MAX ? index : null;
}
