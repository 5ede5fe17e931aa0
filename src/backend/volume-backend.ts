/**
 * The owner of a volume's shards: appends, reads, positions and limits, in the process that holds
 * the volume.
 *
 * Invariants: ordinals and arrival stamps are given in call order when an append is accepted and
 * only grow within a shard (I3); a closed, sealed or unknown shard takes nothing, whatever the
 * caller believes (I7); records from before the retention horizon are never returned, stored or
 * not.
 */
import type {
  AppendOutcomes,
  Backend,
  Follower,
  FollowOutcome,
  FollowRequest,
  PositionQuery,
  ReadOutcome,
  ReadRequest,
  RecordsOutcome,
  ShardAppends,
} from '../model/data-plane.ts';
import { allOf } from '../common/buffer-pool.ts';
import { readAhead } from '../common/read-ahead.ts';
import type { ShardKey } from '../model/stream.ts';
import type { DataKeys } from '../keys/data-keys.ts';
import type { Clock } from '../runtime/clock.ts';
import { trimHorizonMs } from '../shardmap/lineage.ts';
import type { ShardEntry, ShardMapView, StreamEntry } from '../shardmap/shard-map.ts';
import type { VolumeStore } from '../storage/volume-store.ts';
import { FAN_OUT_EVENT_BYTES_MAX, GET_RECORDS_COUNT_MAX } from '../model/limits.ts';
import { FollowerSet } from './follower-set.ts';
import { ReadCollector } from './read-collector.ts';
import { SectionKeys } from './section-keys.ts';
import type { OpenedRun } from './section-keys.ts';
import {
  addUse,
  flagOpen,
  isSeenAt,
  noUse,
  ShardStates,
  stateFlags,
  stateHalves,
  type ShardState,
  type ShardUse,
} from './shard-state.ts';
import { writeBurstBytes, type LimitsMode } from './throttle.ts';
import { ShardAppender } from './shard-appender.ts';

export interface VolumeBackendDependencies {
  readonly store: VolumeStore;
  readonly map: ShardMapView;
  readonly clock: Clock;
  readonly keys: DataKeys;
}

export interface VolumeBackendOptions {
  /** The number shards name this volume by. */
  readonly volume: number;
  readonly limits: LimitsMode;
}

const gone: ReadOutcome = { kind: 'gone' };

export class VolumeBackend implements Backend {
  readonly #store: VolumeStore;
  readonly #map: ShardMapView;
  readonly #clock: Clock;
  readonly #keys: SectionKeys;
  readonly #volume: number;
  readonly #limits: LimitsMode;
  readonly #states = new ShardStates();
  /** One more than changes of the map so far: what was seen at an earlier one may not hold. */
  #changes = 1;
  /** Use of shards whose state was dropped. */
  readonly #gone: ShardUse = noUse();
  /** Reads that the store answered at once, from memory, and those it had to go to the log for. */
  readonly storeReads: { hot: number; cold: number } = { hot: 0, cold: 0 };
  readonly #appender: ShardAppender;
  /** What was read ahead; what is not kept would not be read. */
  #ahead = 0;
  readonly #followers: FollowerSet;
  readonly #stopFollowing: () => void;

  constructor(dependencies: VolumeBackendDependencies, options: VolumeBackendOptions) {
    this.#store = dependencies.store;
    this.#map = dependencies.map;
    this.#clock = dependencies.clock;
    this.#keys = new SectionKeys(dependencies.keys);
    this.#volume = options.volume;
    this.#limits = options.limits;
    this.#appender = new ShardAppender(
      {
        store: this.#store,
        clock: this.#clock,
        keys: this.#keys,
        states: this.#states,
        openRows: (appends, into) => this.#openRows(appends, into),
      },
      { limits: options.limits },
    );
    this.#followers = new FollowerSet(
      {
        clock: this.#clock,
        nextOrdinal: (shard) => this.#store.bounds(shard).next,
        read: (shard, fromOrdinal) => this.#readForFollower(shard, fromOrdinal),
      },
      { limits: options.limits },
    );
    const stopMap = this.#map.onChange((_uid, entry) => {
      this.#changes++;
      if (entry === null) void this.#dropGoneStates();
      else this.#followLimits(entry);
      this.#followers.wakeAll();
    });
    const stopStore = this.#store.onCommitted((sections) => this.#followers.committed(sections));
    this.#stopFollowing = () => {
      stopMap();
      stopStore();
    };
  }

  append(appends: ShardAppends): Promise<AppendOutcomes> {
    return this.#appender.append(appends);
  }

  read(request: ReadRequest): ReadOutcome | Promise<ReadOutcome> {
    const entry = this.#entry(request.shard);
    if (entry === undefined) return gone;
    const state = this.#state(entry);
    let bytesMax = request.bytesMax;
    if (this.#limits !== 'off') {
      const nowMs = this.#clock.monotonic();
      const allowance = state.read(nowMs).begin(nowMs);
      if (allowance === 0) state.counts.readsThrottled++;
      if (this.#limits === 'aws') {
        if (allowance === 0) return { kind: 'throttled' };
        bytesMax = Math.min(bytesMax, allowance);
      }
    }
    const collector = new ReadCollector(
      request.fromOrdinal,
      request.recordsMax,
      bytesMax,
      trimHorizonMs(entry.stream.document, this.#clock.now()),
    );
    return this.#collect(entry, state, collector, this.#limits !== 'off');
  }

  follow(request: FollowRequest, follower: Follower): FollowOutcome {
    if (this.#entry(request.shard) === undefined) return { kind: 'gone' };
    return this.#followers.follow(request, follower);
  }

  /** A read for fan-out: it does not touch the limits that polling readers share. */
  #readForFollower(shard: ShardKey, fromOrdinal: number): ReadOutcome | Promise<ReadOutcome> {
    const entry = this.#entry(shard);
    if (entry === undefined) return gone;
    const collector = new ReadCollector(
      fromOrdinal,
      GET_RECORDS_COUNT_MAX,
      FAN_OUT_EVENT_BYTES_MAX,
      trimHorizonMs(entry.stream.document, this.#clock.now()),
    );
    return this.#collect(entry, this.#state(entry), collector, false);
  }

  /** A read of the server's own, for channels: it uses no throughput and is not counted. */
  async readForDelivery(request: ReadRequest): Promise<ReadOutcome> {
    const entry = this.#entry(request.shard);
    if (entry === undefined) return gone;
    const horizonMs = trimHorizonMs(entry.stream.document, this.#clock.now());
    const { fromOrdinal, recordsMax, bytesMax } = request;
    const collector = new ReadCollector(fromOrdinal, recordsMax, bytesMax, horizonMs);
    for (;;) {
      if (collector.passedHidden && collector.records === 0) {
        await this.#skipHidden(entry, collector);
      }
      const run = await this.#readRun(entry, collector);
      if (take(collector, run)) continue;
      if (run.blocked && collector.records === 0) return run.failure ?? { kind: 'corrupt' };
      return this.#outcome(entry, collector);
    }
  }

  /**
   * Reads runs until a limit, the end or damage is met: synchronously while the store answers so.
   */
  #collect(
    entry: ShardEntry,
    state: ShardState,
    collector: ReadCollector,
    limited: boolean,
  ): ReadOutcome | Promise<ReadOutcome> {
    for (;;) {
      const run = this.#readRun(entry, collector);
      if (run instanceof Promise) return this.#collectLater(entry, state, collector, limited, run);
      if (!take(collector, run)) return this.#finish(entry, state, collector, limited, run);
      if (collector.passedHidden) {
        return this.#collectLater(entry, state, collector, limited, null);
      }
    }
  }

  async #collectLater(
    entry: ShardEntry,
    state: ShardState,
    collector: ReadCollector,
    limited: boolean,
    first: Promise<OpenedRun> | null,
  ): Promise<ReadOutcome> {
    let pending = first;
    for (;;) {
      if (collector.passedHidden && collector.records === 0)
        await this.#skipHidden(entry, collector);
      const run = await (pending ?? this.#readRun(entry, collector));
      pending = null;
      if (!take(collector, run)) return this.#finish(entry, state, collector, limited, run);
    }
  }

  #readRun(entry: ShardEntry, collector: ReadCollector): OpenedRun | Promise<OpenedRun> {
    const run = this.#store.read(
      entry.document.key,
      collector.nextOrdinal,
      collector.recordsRoom,
      Math.max(1, collector.bytesRoom),
    );
    if (run instanceof Promise) {
      this.storeReads.cold++;
      return run.then((later) => this.#keys.open(later));
    }
    this.storeReads.hot++;
    return this.#keys.open(run);
  }

  /** Jumps over hidden records by the index instead of reading them. */
  async #skipHidden(entry: ShardEntry, collector: ReadCollector): Promise<void> {
    const horizon = trimHorizonMs(entry.stream.document, this.#clock.now());
    const first = await this.#store.seekTime(entry.document.key, horizon);
    collector.nextOrdinal = Math.max(collector.nextOrdinal, first);
    collector.passedHidden = false;
  }

  #finish(
    entry: ShardEntry,
    state: ShardState,
    collector: ReadCollector,
    limited: boolean,
    last: OpenedRun,
  ): ReadOutcome {
    if (last.blocked && collector.records === 0) return last.failure ?? { kind: 'corrupt' };
    if (limited) {
      const nowMs = this.#clock.monotonic();
      const taken = state.read(nowMs).tryTake(collector.bytes, nowMs);
      if (!taken && this.#limits === 'aws') {
        state.counts.readsThrottled++;
        allOf(collector.releases)();
        return { kind: 'throttled' };
      }
    }
    state.counts.recordsOut += collector.records;
    state.counts.bytesOut += collector.bytes;
    const outcome = this.#outcome(entry, collector);
    state.iteratorAgeMs = outcome.millisBehindLatest;
    return outcome;
  }

  #outcome(entry: ShardEntry, collector: ReadCollector): RecordsOutcome {
    const current = this.#entry(entry.document.key) ?? entry;
    const atTip = collector.nextOrdinal >= this.#store.bounds(entry.document.key).next;
    return {
      kind: 'records',
      sections: collector.sections,
      release: collector.releases.length > 0 ? allOf(collector.releases) : undefined,
      nextOrdinal: collector.nextOrdinal,
      atEnd: atTip && current.document.closedSeconds !== null,
      millisBehindLatest:
        atTip || collector.records === 0
          ? 0
          : Math.max(0, this.#clock.now() - collector.lastArrivalMs),
    };
  }

  async position(shard: ShardKey, query: PositionQuery): Promise<number | null> {
    const entry = this.#entry(shard);
    if (entry === undefined) return null;
    if (query.kind === 'latest') return this.#store.bounds(shard).next;
    const horizon = trimHorizonMs(entry.stream.document, this.#clock.now());
    const ms = query.kind === 'timestamp' ? Math.max(query.ms, horizon) : horizon;
    const ordinal = await this.#store.seekTime(shard, ms);
    return Math.max(ordinal, this.#store.bounds(shard).oldest);
  }

  async seal(shards: readonly ShardKey[]): Promise<number> {
    const states: ShardState[] = [];
    for (const shard of shards) {
      const entry = this.#entry(shard);
      if (entry !== undefined) states.push(this.#state(entry));
    }
    for (const state of states) state.sealed = true;
    await this.#appender.inFlight.ended();
    return states.reduce((latest, state) => Math.max(latest, state.lastArrivalMs), 0);
  }

  unseal(shards: readonly ShardKey[]): void {
    for (const shard of shards) {
      const state = this.#states.get(shard);
      if (state !== undefined) state.sealed = false;
    }
  }

  /** Counts of a shard since this process began to serve it; undefined when it was not used yet. */
  use(shard: ShardKey): Readonly<ShardUse> | undefined {
    return this.#states.get(shard)?.use;
  }

  /** How far the last read of a shard was behind its newest record, ms; undefined before use. */
  iteratorAgeMs(shard: ShardKey): number | undefined {
    return this.#states.get(shard)?.iteratorAgeMs;
  }

  /** Counts of all shards together, of those that are gone too. */
  get total(): Readonly<ShardUse> {
    const total = { ...this.#gone };
    for (const { use } of this.#states.values()) addUse(total, use);
    return total;
  }

  /** Drops stored records that no stream needs any more. Only once the map is complete. */
  async retain(): Promise<void> {
    const nowMs = this.#clock.now();
    await this.#store.retain((shard) => {
      const entry = this.#entry(shard);
      return entry === undefined ? Infinity : trimHorizonMs(entry.stream.document, nowMs);
    });
  }

  /** Flushes and closes the volume. */
  async close(): Promise<void> {
    this.#stopFollowing();
    this.#followers.close();
    await this.#store.close();
  }

  #entry(shard: ShardKey): ShardEntry | undefined {
    const entry = this.#map.shard(shard);
    return entry?.document.volume === this.#volume ? entry : undefined;
  }

  /**
   * Fills `into`: for each shard of a call the row of its state if it is here and open, else -1.
   * Finds all rows before it looks into any, and reads them ahead: where each is a miss of the
   * processor's caches, those then overlap.
   */
  #openRows({ count, shards }: ShardAppends, into: Int32Array): void {
    const { rows } = this.#states;
    for (let i = 0; i < count; i++) into[i] = this.#states.rowOf(shards[i]!);
    this.#ahead ^= readAhead(rows.i32, stateHalves, into, 0, count, stateFlags);
    for (let i = 0; i < count; i++) {
      let row = into[i]!;
      if (row < 0 || !isSeenAt(rows.i32[row * stateHalves + stateFlags]!, this.#changes)) {
        const entry = this.#entry(shards[i]!);
        row = entry === undefined ? -1 : this.#state(entry).row;
      }
      const isOpen = row >= 0 && (rows.i32[row * stateHalves + stateFlags]! & flagOpen) !== 0;
      into[i] = isOpen ? row : -1;
    }
  }

  #state(entry: ShardEntry): ShardState {
    let state = this.#states.get(entry.document.key);
    if (state === undefined) {
      const bounds = this.#store.bounds(entry.document.key);
      state = this.#states.add(entry, bounds, this.#clock.monotonic());
    }
    if (!state.isSeenAt(this.#changes)) state.see(entry, this.#changes);
    return state;
  }

  /** Forgets shards that are gone, once nothing of theirs can be on its way into the store. */
  async #dropGoneStates(): Promise<void> {
    await this.#appender.inFlight.ended();
    for (const state of this.#states.values()) {
      const { key } = state.entry.document;
      if (this.#map.shard(key) !== undefined) continue;
      addUse(this.#gone, state.use);
      this.#states.delete(key);
    }
  }

  #followLimits(stream: StreamEntry): void {
    const burst = writeBurstBytes(stream.document.maxRecordSizeKiB);
    const nowMs = this.#clock.monotonic();
    for (const { document } of stream.byIndex.values()) {
      this.#states.get(document.key)?.write.setBurst(burst, nowMs);
    }
  }
}

/** Adds a run; true when there may be more to add. */
function take(collector: ReadCollector, run: OpenedRun): boolean {
  for (const section of run.sections) collector.add(section);
  if (run.release !== undefined) collector.releases.push(run.release);
  return run.sections.length > 0 && !run.blocked && !collector.full;
}
