/**
 * On-demand scaling: samples what every shard of on-demand streams takes and splits the hot ones,
 * all of a stream in one commit, with a sentence in the stream's history that says why.
 *
 * The stream stays ACTIVE meanwhile: its owner asked for nothing and can go on changing it.
 */
import { shardId } from '../model/shard-id.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { ControlLog } from './background-steps.ts';
import type { ControlContext } from './control-context.ts';
import { isOpen } from './control-context.ts';
import type { HotShard, HotShardOptions } from './hot-shards.ts';
import { HOT_SHARD_DEFAULTS, HotShards } from './hot-shards.ts';
import { middleOf, ReshardPlan } from './reshard-plan.ts';
import type { ReshardChange } from './reshard.ts';
import { quietReshard } from './reshard.ts';
import { withScaling } from './stream-history.ts';
import type { StreamRecord } from './stream-record.ts';

/** Bytes written to a shard since this process opened it; undefined where nobody knows. */
export type BytesWritten = (shard: ShardKey) => number | undefined;

export interface OnDemandOptions extends HotShardOptions {
  /** Time between two samples, ms. */
  readonly sampleMs: number;
  /** Shards that one commit splits at most; the rest is left to the next sample. */
  readonly splitsMax: number;
}

export const ON_DEMAND_DEFAULTS: OnDemandOptions = {
  ...HOT_SHARD_DEFAULTS,
  sampleMs: 60_000,
  splitsMax: 1_000,
};

/** Shards named in a sentence of the history. */
const NAMED_MAX = 3;

export class OnDemandScaler {
  readonly #context: ControlContext;
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #bytesWritten: BytesWritten;
  readonly #options: OnDemandOptions;
  readonly #streams = new Map<number, HotShards>();
  readonly #timer: Timer;
  #running: Promise<void> | null = null;

  constructor(
    dependencies: {
      readonly context: ControlContext;
      readonly log: ControlLog;
      readonly bytesWritten: BytesWritten;
    },
    options: OnDemandOptions,
  ) {
    this.#context = dependencies.context;
    this.#clock = dependencies.context.clock;
    this.#log = dependencies.log;
    this.#bytesWritten = dependencies.bytesWritten;
    this.#options = options;
    this.#timer = this.#clock.every(options.sampleMs, () => {
      this.sample().catch((error: unknown) => {
        this.#log.warn({ err: error }, 'on-demand scaling failed');
      });
    });
  }

  /** Takes one sample of all on-demand streams and splits what is hot. */
  async sample(): Promise<void> {
    this.#running ??= this.#sampleAll().finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  /** Stops, and waits for a sample that is under way. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }

  async #sampleAll(): Promise<void> {
    const seen = new Set<number>();
    for (const { record } of [...this.#context.table.all()]) {
      const { document } = record;
      if (document.mode === 'ON_DEMAND' && document.status === 'ACTIVE') {
        seen.add(document.uid);
        await this.#sampleStream(record);
      }
    }
    for (const uid of this.#streams.keys()) {
      if (!seen.has(uid)) {
        this.#streams.delete(uid);
      }
    }
    this.#context.peaks.retain(seen);
  }

  async #sampleStream(record: StreamRecord): Promise<void> {
    const { uid, shards } = record.document;
    const nowMs = this.#clock.now();
    const rates = this.#streams.get(uid) ?? new HotShards(this.#options);
    this.#streams.set(uid, rates);
    const keys = new Map(shards.map(({ index, key }) => [index, key]));
    const samples = shards.filter(isOpen).map(({ key, parent }) => ({
      key,
      parent: parent === null ? null : (keys.get(parent) ?? null),
      bytesWritten: this.#bytesWritten(key) ?? 0,
    }));
    this.#context.peaks.add(uid, nowMs, rates.observe(nowMs, samples));
    const hot = rates.hot(nowMs).slice(0, this.#options.splitsMax);
    if (hot.length > 0) {
      await this.#split(record, hot);
    }
  }

  async #split(then: StreamRecord, hot: readonly HotShard[]): Promise<void> {
    const { account, name, uid } = then.document;
    try {
      await this.#context.changes.change(account, name, (current) => {
        const document = current?.document;
        const same = document?.uid === uid && document.mode === 'ON_DEMAND';
        return current === null || !same || document.status !== 'ACTIVE'
          ? null
          : this.#splitting(current, hot);
      });
    } catch (error) {
      // The store is away, for instance: the shard stays hot and is looked at again.
      const reason = error instanceof ServiceError ? error.message : String(error);
      this.#log.warn({ stream: name, reason }, 'a hot shard could not be split');
    }
  }

  #splitting(record: StreamRecord, all: readonly HotShard[]): ReshardChange | null {
    const plan = new ReshardPlan(record.document);
    const before = plan.open.length;
    const hot = all.slice(0, this.#context.quotas.shardsLeft(record.document.account));
    if (hot.length < all.length) {
      const { name } = record.document;
      this.#log.warn({ stream: name }, 'the shard limit keeps hot shards from being split');
    }
    const keys = new Set(hot.map(({ key }) => key));
    const chosen = plan.open.filter(
      ({ shard, start, end }) => shard !== null && keys.has(shard.key) && end > start,
    );
    if (chosen.length === 0) {
      return null;
    }
    plan.split(new Map(chosen.map((shard) => [shard, [middleOf(shard)]])));
    const history = withScaling(record.history, {
      atMs: this.#clock.now(),
      reason: 'hot-shard',
      shardsBefore: before,
      shardsAfter: plan.open.length,
      detail: this.#explain(record, hot),
    });
    return quietReshard(this.#context, { ...record, history }, plan);
  }

  #explain(record: StreamRecord, hot: readonly HotShard[]): string {
    const { hotBytesPerSecond, samples, sampleMs } = this.#options;
    const named = hot.slice(0, NAMED_MAX).map(({ key, bytesPerSecond }) => {
      const shard = record.document.shards.find((candidate) => candidate.key === key);
      return `${shardId(shard?.index ?? 0)} took ${kilobytes(bytesPerSecond)} KB/s`;
    });
    const more = hot.length > NAMED_MAX ? ` and ${hot.length - NAMED_MAX} more shards` : '';
    const seconds = Math.round((samples * sampleMs) / 1000);
    return (
      `${named.join(', ')}${more} on average over ${seconds} s, ` +
      `more than ${kilobytes(hotBytesPerSecond)} KB/s; split in even halves.`
    );
  }
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
