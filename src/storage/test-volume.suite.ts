/** What tests of a volume put into it. */
import type { Section } from '../model/section.ts';
import { section } from './test-frames.suite.ts';
import type { Volume } from './volume.ts';

/**
 * Appends `count` sections to each of `shards` in turn, ten records each, 500 bytes; arrival rises
 * by 1 from 1000. Gives them in the order in which they were appended.
 */
export async function fill(
  volume: Volume,
  shards: readonly number[],
  count: number,
): Promise<Section[]> {
  const all: Section[] = [];
  for (let index = 0; index < count; index += 1) {
    for (const shard of shards) {
      const { next, lastArrivalMs } = volume.bounds(shard);
      const one = section(shard, next, 10, 500, Math.max(1000, lastArrivalMs + 1));
      await volume.append([one]);
      all.push(one);
    }
  }
  return all;
}
