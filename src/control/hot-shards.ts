/**
 * Which shards of on-demand streams are to be split: pure logic on byte counters.
 *
 * The documented rules: a shard that takes more than 500 KB/s is split in even halves within about
 * 15 minutes. As a shard takes twice that, capacity stays at twice the recent peak. A single hot
 * key gains nothing from splits: when nearly all of a shard's traffic went to one child three times
 * in a row, its line is left alone for a day.
 */
import type { ShardKey } from '../model/stream.ts';

export interface HotShardOptions {
  /** A shard is hot above this rate, bytes per second. */
  readonly hotBytesPerSecond: number;
  /** Samples in a row whose mean counts. */
  readonly samples: number;
}

export const HOT_SHARD_DEFAULTS: HotShardOptions = { hotBytesPerSecond: 500_000, samples: 3 };

/** One open shard at the time of a sample. */
export interface ShardSample {
  readonly key: ShardKey;
  readonly parent: ShardKey | null;
  /** Bytes written to the shard since some moment; may begin again at 0. */
  readonly bytesWritten: number;
}

export interface HotShard {
  readonly key: ShardKey;
  readonly bytesPerSecond: number;
}

const SKEW_SHARE = 0.9;
const SKEWED_SPLITS_MAX = 3;
const LEAVE_ALONE_MS = 24 * 3_600_000;

interface Memory {
  bytes: number;
  atMs: number;
  /** Rates of the latest samples, oldest first. */
  rates: number[];
  /** Splits in a row, up to this shard, that nearly all traffic followed. */
  skewedSplits: number;
  /** What the parent took when it was split; null where it was not hot. */
  parentRate: number | null;
  leftAloneUntilMs: number;
}

/** Rates of one stream's open shards over time. */
export class HotShards {
  readonly #options: HotShardOptions;
  #shards = new Map<ShardKey, Memory>();

  constructor(options: HotShardOptions) {
    this.#options = options;
  }

  /** Takes a sample of all open shards; returns the rate of the whole stream, bytes per second. */
  observe(nowMs: number, samples: readonly ShardSample[]): number {
    const next = new Map<ShardKey, Memory>();
    let total = 0;
    for (const { key, parent, bytesWritten } of samples) {
      const memory = this.#shards.get(key) ?? this.#begin(nowMs, parent);
      const elapsedMs = nowMs - memory.atMs;
      if (elapsedMs > 0) {
        const written = bytesWritten - (bytesWritten < memory.bytes ? 0 : memory.bytes);
        const rate = (written * 1000) / elapsedMs;
        memory.rates = [...memory.rates, rate].slice(-this.#options.samples);
        total += rate;
      }
      memory.bytes = bytesWritten;
      memory.atMs = nowMs;
      next.set(key, memory);
    }
    this.#shards = next;
    return total;
  }

  /** Shards to split now, hottest first. */
  hot(nowMs: number): readonly HotShard[] {
    const hot: HotShard[] = [];
    for (const [key, memory] of this.#shards) {
      const bytesPerSecond = mean(memory.rates);
      const full = memory.rates.length === this.#options.samples;
      if (full && bytesPerSecond > this.#options.hotBytesPerSecond) {
        this.#noteSkew(memory, bytesPerSecond, nowMs);
        if (memory.leftAloneUntilMs <= nowMs) {
          hot.push({ key, bytesPerSecond });
        }
      }
    }
    return hot.sort((left, right) => right.bytesPerSecond - left.bytesPerSecond);
  }

  /** A shard seen for the first time has taken its bytes since now, as far as is known. */
  #begin(nowMs: number, parent: ShardKey | null): Memory {
    const before = parent === null ? undefined : this.#shards.get(parent);
    return {
      bytes: 0,
      atMs: nowMs,
      rates: [],
      skewedSplits: before?.skewedSplits ?? 0,
      parentRate: before === undefined ? null : mean(before.rates),
      leftAloneUntilMs: before?.leftAloneUntilMs ?? 0,
    };
  }

  #noteSkew(memory: Memory, bytesPerSecond: number, nowMs: number): void {
    if (memory.parentRate === null) {
      return;
    }
    const skewed = bytesPerSecond >= SKEW_SHARE * memory.parentRate;
    memory.skewedSplits = skewed ? memory.skewedSplits + 1 : 0;
    memory.parentRate = null;
    if (memory.skewedSplits >= SKEWED_SPLITS_MAX) {
      memory.leftAloneUntilMs = nowMs + LEAVE_ALONE_MS;
      memory.skewedSplits = 0;
    }
  }
}

function mean(rates: readonly number[]): number {
  return rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}
