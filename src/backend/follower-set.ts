/**
 * The subscriptions of a volume: who follows which shard, from where, how fast.
 *
 * Invariants: each record reaches a follower once and in order; a consumer follows a shard at most
 * once; followers at the same place share one read and one outcome object. A follower costs no
 * memory for records: what it has not taken yet stays in the store.
 */
import { TokenBucket } from '../common/token-bucket.ts';
import type {
  Follower,
  FollowFailure,
  Following,
  FollowOutcome,
  FollowRequest,
  ReadOutcome,
  RecordsOutcome,
} from '../model/data-plane.ts';
import {
  FAN_OUT_BYTES_PER_SECOND,
  SUBSCRIBE_CALLS_PER_SECOND,
  SUBSCRIPTION_TAKEOVER_AFTER_MS,
} from '../model/limits.ts';
import { recordBytes } from '../model/packed.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { CommittedSections } from '../storage/volume-store.ts';
import type { LimitsMode } from './throttle.ts';

export interface FollowerSetDependencies {
  readonly clock: Clock;
  /** Ordinal behind the last durable record. */
  nextOrdinal(shard: ShardKey): number;
  read(shard: ShardKey, fromOrdinal: number): ReadOutcome | Promise<ReadOutcome>;
}

export interface FollowerSetOptions {
  readonly limits: LimitsMode;
}

/** Calls that a consumer may make on a shard at once before they are counted per second. */
const callBurst = 5;
/** A follower may be ahead of its rate by this much. */
const rateBurstMs = 1000;
/** Remembered calls of consumers that follow no more; the oldest are forgotten first. */
const rememberedMax = 100_000;

interface Subscription {
  readonly startedMs: number;
  readonly calls: TokenBucket;
  active: ActiveFollower | null;
}

interface ShardFollowers {
  readonly active: Set<ActiveFollower>;
  /** The read last made at some place, for others that stand there too. Kept for one turn. */
  memo: { readonly from: number; readonly outcome: Promise<ReadOutcome> | ReadOutcome } | null;
}

export class FollowerSet {
  readonly #deps: FollowerSetDependencies;
  readonly #limits: LimitsMode;
  readonly #shards = new Map<ShardKey, ShardFollowers>();
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(deps: FollowerSetDependencies, options: FollowerSetOptions) {
    this.#deps = deps;
    this.#limits = options.limits;
  }

  /** Begins to follow, taking over from an older subscription of the same consumer. */
  follow(request: FollowRequest, follower: Follower): FollowOutcome {
    const name = `${request.shard} ${request.consumer}`;
    const nowMs = this.#deps.clock.monotonic();
    const known = this.#subscriptions.get(name);
    const calls = known?.calls ?? new TokenBucket(SUBSCRIBE_CALLS_PER_SECOND, callBurst, nowMs);
    if (!calls.tryTake(1, nowMs) && this.#limits === 'aws') return { kind: 'rate-exceeded' };
    if (known !== undefined && nowMs - known.startedMs < SUBSCRIPTION_TAKEOVER_AFTER_MS) {
      return { kind: 'in-use' };
    }
    known?.active?.fail({ kind: 'taken-over' });
    const subscription: Subscription = { startedMs: nowMs, calls, active: null };
    const active = this.#start(request, follower, () => (subscription.active = null));
    subscription.active = active;
    this.#subscriptions.delete(name);
    this.#subscriptions.set(name, subscription);
    this.#forget();
    return { kind: 'following', following: active };
  }

  /** Records became durable: followers that wait for them are served. */
  committed(sections: CommittedSections): void {
    if (this.#shards.size === 0) return;
    for (let i = 0; i < sections.count; i++) {
      const shard = this.#shards.get(sections.shard(i));
      if (shard === undefined) continue;
      shard.memo = null;
      for (const active of shard.active) active.wake();
    }
  }

  /** Something about shards changed (closed, gone): everyone looks again. */
  wakeAll(): void {
    for (const shard of this.#shards.values()) {
      shard.memo = null;
      for (const active of shard.active) active.look();
    }
  }

  /** Ends all following without a word; the process is going away. */
  close(): void {
    for (const shard of this.#shards.values()) {
      for (const active of shard.active) active.stop();
    }
  }

  #start(request: FollowRequest, follower: Follower, ended: () => void): ActiveFollower {
    let shard = this.#shards.get(request.shard);
    if (shard === undefined) {
      shard = { active: new Set(), memo: null };
      this.#shards.set(request.shard, shard);
    }
    const { active: others } = shard;
    const active = new ActiveFollower(this.#deps.clock, this.#limits, follower, request, {
      read: (from) => this.#read(request.shard, from),
      isBehind: (from) => this.#deps.nextOrdinal(request.shard) > from,
      ended: () => {
        ended();
        others.delete(active);
        if (others.size === 0) this.#shards.delete(request.shard);
      },
    });
    others.add(active);
    active.begin();
    return active;
  }

  #read(key: ShardKey, from: number): ReadOutcome | Promise<ReadOutcome> {
    const shard = this.#shards.get(key);
    if (shard?.memo?.from === from) return shard.memo.outcome;
    const outcome = this.#deps.read(key, from);
    if (shard !== undefined) {
      if (shard.memo === null) this.#deps.clock.soon(() => (shard.memo = null));
      shard.memo = { from, outcome };
    }
    return outcome;
  }

  #forget(): void {
    if (this.#subscriptions.size <= rememberedMax) return;
    for (const [name, subscription] of this.#subscriptions) {
      if (subscription.active !== null) continue;
      this.#subscriptions.delete(name);
      return;
    }
  }
}

interface FollowerHooks {
  read(from: number): ReadOutcome | Promise<ReadOutcome>;
  isBehind(from: number): boolean;
  ended(): void;
}

/** One follower: a place in the shard, and whether it waits for records, room or its rate. */
class ActiveFollower implements Following {
  readonly #clock: Clock;
  readonly #limits: LimitsMode;
  readonly #follower: Follower;
  readonly #hooks: FollowerHooks;
  #place: number;
  #paused = false;
  #reading = false;
  #stopped = false;
  /** Until then the follower has had its share of the rate. */
  #readyMs = -Infinity;
  #timer: Timer | null = null;

  constructor(
    clock: Clock,
    limits: LimitsMode,
    follower: Follower,
    request: FollowRequest,
    hooks: FollowerHooks,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#follower = follower;
    this.#hooks = hooks;
    this.#place = request.fromOrdinal;
  }

  /** First look, on a later turn, so that the caller has its Following by then. */
  begin(): void {
    this.#clock.soon(() => this.look());
  }

  resume(): void {
    this.#paused = false;
    this.wake();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.#hooks.ended();
  }

  fail(failure: FollowFailure): void {
    if (this.#stopped) return;
    this.stop();
    this.#follower.fail(failure);
  }

  /** Serves the follower if there are records behind its place. */
  wake(): void {
    if (this.#hooks.isBehind(this.#place)) this.look();
  }

  /** Reads at the place whatever there is: records, the shard's end, or that it is gone. */
  look(): void {
    while (!this.#stopped && !this.#paused && !this.#reading && this.#isWithinRate()) {
      const outcome = this.#hooks.read(this.#place);
      if (outcome instanceof Promise) {
        this.#lookLater(outcome);
        return;
      }
      if (!this.#take(outcome)) return;
    }
  }

  #lookLater(pending: Promise<ReadOutcome>): void {
    this.#reading = true;
    pending.then(
      (outcome) => {
        this.#reading = false;
        if (!this.#stopped && this.#take(outcome)) this.look();
      },
      () => this.fail({ kind: 'corrupt' }),
    );
  }

  /** True when it is worth looking for more at once. */
  #take(outcome: ReadOutcome): boolean {
    if (outcome.kind === 'throttled') return false;
    if (outcome.kind !== 'records') {
      this.fail(outcome);
      return false;
    }
    if (outcome.sections.length === 0 && !outcome.atEnd) {
      this.#place = outcome.nextOrdinal;
      return false;
    }
    this.#place = outcome.nextOrdinal;
    this.#charge(outcome);
    if (!this.#follower.deliver(outcome)) this.#paused = true;
    if (outcome.atEnd) this.stop();
    return this.#hooks.isBehind(this.#place);
  }

  #charge(outcome: RecordsOutcome): void {
    let bytes = 0;
    for (const section of outcome.sections) {
      bytes += recordBytes(section.payload.length, section.count);
    }
    const floor = this.#clock.monotonic() - rateBurstMs;
    this.#readyMs = Math.max(this.#readyMs, floor) + (bytes * 1000) / FAN_OUT_BYTES_PER_SECOND;
  }

  #isWithinRate(): boolean {
    if (this.#limits !== 'aws') return true;
    const waitMs = this.#readyMs - this.#clock.monotonic();
    if (waitMs <= 0) return true;
    this.#timer ??= this.#clock.after(waitMs, () => {
      this.#timer = null;
      this.look();
    });
    return false;
  }
}
