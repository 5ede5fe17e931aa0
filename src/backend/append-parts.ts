/**
 * Calls whose shards lie in several volumes: cut into one per volume, and their outcomes joined.
 */
import { appendKinds, recordAt } from '../model/data-plane.ts';
import type { AppendFailure, AppendOutcomes, ShardAppends } from '../model/data-plane.ts';

/** AppendOutcomes in the making. */
export interface OpenOutcomes extends AppendOutcomes {
  refused: Uint8Array | null;
  encrypted: boolean;
  failure: AppendFailure | null;
}

/** Outcomes that say of every shard that it is not here. */
export function movedOutcomes({
  count,
  outcomeRoom: room,
}: Pick<ShardAppends, 'count' | 'outcomeRoom'>): OpenOutcomes {
  const kinds = room?.kinds.subarray(0, count) ?? new Uint8Array(count);
  return {
    kinds: kinds.fill(appendKinds.moved),
    baseOrdinals: room?.baseOrdinals.subarray(0, count) ?? new Float64Array(count),
    arrivalMs: room?.arrivalMs.subarray(0, count) ?? new Float64Array(count),
    refused: null,
    encrypted: false,
    failure: null,
  };
}

/** What a call has for the shards numbered in `part`. */
export function partOf(appends: ShardAppends, part: readonly number[]): ShardAppends {
  const { shards, firsts, packed, gather, offsets, sums } = appends;
  const records: number[] = [];
  const ownFirsts = [0];
  for (const i of part) {
    for (let place = firsts[i]!; place < firsts[i + 1]!; place++) {
      records.push(recordAt(appends, place));
    }
    ownFirsts.push(records.length);
  }
  return {
    count: part.length,
    shards: Float64Array.from(part, (i) => shards[i]!),
    firsts: Uint32Array.from(ownFirsts),
    records: Uint32Array.from(records),
    packed,
    gather,
    offsets,
    sums,
  };
}

/** Enters what became of a part that `partOf` gave. */
export function mergeOutcomes(
  into: OpenOutcomes,
  outcomes: AppendOutcomes,
  appends: ShardAppends,
  some: ShardAppends,
  part: readonly number[],
): void {
  if (into.failure?.kind !== 'key') into.failure = outcomes.failure ?? into.failure;
  if (outcomes.encrypted) into.encrypted = true;
  part.forEach((i, at) => {
    into.kinds[i] = outcomes.kinds[at]!;
    into.baseOrdinals[i] = outcomes.baseOrdinals[at]!;
    into.arrivalMs[i] = outcomes.arrivalMs[at]!;
    if (outcomes.refused === null) return;
    into.refused ??= new Uint8Array(appends.firsts[appends.count]!);
    const flags = outcomes.refused.subarray(some.firsts[at], some.firsts[at + 1]);
    into.refused.set(flags, appends.firsts[i]);
  });
}
