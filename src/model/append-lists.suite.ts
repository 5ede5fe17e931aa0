/** Appends and their outcomes as lists of objects, for tests; and back. */
import { appendKinds, recordAt } from './data-plane.ts';
import type { AppendFailure, AppendOutcomes, ShardAppends } from './data-plane.ts';
import { concat } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import { packedEnd } from './packed.ts';

export interface ShardAppend {
  readonly shard: number;
  readonly count: number;
  /** Packed records. */
  readonly payload: Uint8Array;
}

export type ShardAppendOutcome =
  | {
      readonly kind: 'stored';
      readonly baseOrdinal: number;
      readonly arrivalMs: number;
      readonly encrypted: boolean;
      readonly refused: Uint8Array | null;
    }
  | { readonly kind: 'throttled' | 'moved' }
  | AppendFailure;

export function appendsFrom(list: readonly ShardAppend[]): ShardAppends {
  const packed = concat(list.map(({ payload }) => payload));
  const firsts = [0];
  const offsets = [0];
  for (const { count } of list) {
    for (let i = 0; i < count; i++) offsets.push(packedEnd(packed, offsets.at(-1)!));
    firsts.push(offsets.length - 1);
  }
  const sums = offsets.slice(1).map((end, i) => crc32(packed.subarray(offsets[i], end)));
  return {
    count: list.length,
    shards: Float64Array.from(list, ({ shard }) => shard),
    firsts: Uint32Array.from(firsts),
    records: null,
    packed,
    offsets: Uint32Array.from(offsets),
    sums: Uint32Array.from(sums),
  };
}

/** Payloads are copies. */
export function appendsList(appends: ShardAppends): ShardAppend[] {
  return [...appends.shards].map((shard, i) => {
    const parts: Uint8Array[] = [];
    for (let place = appends.firsts[i]!; place < appends.firsts[i + 1]!; place++) {
      const record = recordAt(appends, place);
      parts.push(appends.packed.subarray(appends.offsets[record], appends.offsets[record + 1]));
    }
    return { shard, count: parts.length, payload: concat(parts) };
  });
}

export function outcomesFrom(
  list: readonly ShardAppendOutcome[],
  appends: ShardAppends,
): AppendOutcomes {
  const refused = new Uint8Array(appends.firsts[appends.count]!);
  list.forEach((one, i) => {
    if (one.kind === 'stored' && one.refused !== null) refused.set(one.refused, appends.firsts[i]);
  });
  const failure = list.find(({ kind }) => kind === 'unavailable' || kind === 'key');
  return {
    kinds: Uint8Array.from(list, ({ kind }) => appendKinds[kind]),
    baseOrdinals: Float64Array.from(list, (one) => (one.kind === 'stored' ? one.baseOrdinal : 0)),
    arrivalMs: Float64Array.from(list, (one) => (one.kind === 'stored' ? one.arrivalMs : 0)),
    refused: refused.includes(1) ? refused : null,
    encrypted: list.some((one) => one.kind === 'stored' && one.encrypted),
    failure: (failure as AppendFailure | undefined) ?? null,
  };
}

export function outcomesList(
  outcomes: AppendOutcomes,
  appends: ShardAppends,
): ShardAppendOutcome[] {
  const { stored, throttled, moved } = appendKinds;
  return [...outcomes.kinds].map((kind, i) => {
    if (kind === throttled) return { kind: 'throttled' };
    if (kind === moved) return { kind: 'moved' };
    if (kind !== stored) return outcomes.failure!;
    const flags = outcomes.refused?.subarray(appends.firsts[i], appends.firsts[i + 1]);
    return {
      kind: 'stored',
      baseOrdinal: outcomes.baseOrdinals[i]!,
      arrivalMs: outcomes.arrivalMs[i]!,
      encrypted: outcomes.encrypted,
      refused: flags?.includes(1) === true ? flags : null,
    };
  });
}

/** What a back end answers to a list, as a list. */
export async function appendList(
  backend: { append(appends: ShardAppends): Promise<AppendOutcomes> },
  list: readonly ShardAppend[],
): Promise<ShardAppendOutcome[]> {
  const appends = appendsFrom(list);
  return outcomesList(await backend.append(appends), appends);
}
