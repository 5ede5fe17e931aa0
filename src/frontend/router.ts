/**
 * The front end's side of the data plane: finds the shards of a call in the shard map, asks their
 * back ends, and puts the answers together in request order.
 *
 * Safety never depends on the map being fresh (I7): a back end that answers `moved` is believed,
 * the newer map is looked at, waited for if need be, and the records concerned are routed again.
 */
import type { AppendResult, DataPlane } from '../api/ports.ts';
import { assert } from '../common/assert.ts';
import type {
  Follower,
  FollowOutcome,
  PositionQuery,
  ReadOutcome,
  RecordsBackend,
} from '../model/data-plane.ts';
import { PUT_RECORDS_COUNT_MAX } from '../model/limits.ts';
import { notFound } from '../model/messages.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import { keyError, ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ShardEntry, ShardMapView, StreamEntry } from '../shardmap/shard-map.ts';
import { type AppendCollector, AppendCollectors } from './append-collector.ts';
import { routeByHashKey, routeEvenly, type RoutedAppends, ShardGrouping } from './routing.ts';
import type { Spread } from './spread.ts';

export interface RouterDependencies {
  readonly map: ShardMapView;
  readonly backend: RecordsBackend;
  readonly random: Random;
  readonly clock: Clock;
  /** Told of every call; null where nobody asks. */
  readonly spread: Spread | null;
}

/** Records whose shard is being closed wait this long for the map that says where they go. */
const reshardWaitMs = 2_000;
/** How often the map is looked at meanwhile. */
const reshardLookMs = 5;

export class Router implements DataPlane {
  readonly #map: ShardMapView;
  readonly #backend: RecordsBackend;
  readonly #clock: Clock;
  readonly #spread: Spread | null;
  readonly #grouping = new ShardGrouping();
  readonly #collectors = new AppendCollectors();
  /** Of the call that is being routed. */
  readonly #routes = new Uint16Array(PUT_RECORDS_COUNT_MAX);
  /** Where the next evenly spread call begins. */
  #spreadFrom: number;

  constructor(dependencies: RouterDependencies) {
    this.#map = dependencies.map;
    this.#backend = dependencies.backend;
    this.#clock = dependencies.clock;
    this.#spread = dependencies.spread;
    this.#spreadFrom = dependencies.random.below(0x10000);
  }

  stream(account: string, name: string): StreamEntry | undefined {
    return this.#map.stream(account, name);
  }

  streamByUid(uid: number): StreamEntry | undefined {
    return this.#map.streamByUid(uid);
  }

  append(stream: StreamEntry, batch: RecordBatch): Promise<AppendResult> {
    const result = this.#collectors.take(batch.count);
    const appends = this.#route(stream, batch, null);
    return this.#backend.append(appends).then((outcomes) => {
      const moved = result.add(appends, outcomes);
      this.#grouping.give(appends);
      return moved === null ? result : this.#appendMoved(stream, batch, moved, result);
    });
  }

  async #appendMoved(
    stream: StreamEntry,
    batch: RecordBatch,
    first: Uint32Array,
    result: AppendCollector,
  ): Promise<AppendResult> {
    let moved: Uint32Array | null = first;
    const endMs = this.#clock.monotonic() + reshardWaitMs;
    let routedBy = stream;
    for (;;) {
      let newer = this.#map.streamByUid(stream.document.uid);
      // A shard is sealed a moment before the map that closes it is published.
      if (newer === routedBy) {
        await this.#clock.sleep(reshardLookMs);
        newer = this.#map.streamByUid(stream.document.uid);
      }
      if (newer === undefined || newer.open.shards.length === 0) throw streamGone(stream);
      const appends = this.#route(newer, batch, moved);
      moved = result.add(appends, await this.#backend.append(appends));
      this.#grouping.give(appends);
      if (moved === null) return result;
      if (this.#clock.monotonic() >= endMs) {
        result.fail(newer, moved);
        return result;
      }
      routedBy = newer;
    }
  }

  /** The records of `only` (all when null) by shard. */
  #route(stream: StreamEntry, batch: RecordBatch, only: Uint32Array | null): RoutedAppends {
    const table = stream.open;
    const routes = this.#routes;
    assert(batch.count <= routes.length, 'router: more records than a call may have');
    const { length } = table.shards;
    let isEach = only === null && batch.count === 1;
    if (stream.document.distribution === 'AUTO') {
      routeEvenly(length, batch, this.#nextSpread(length), routes);
    } else {
      routeByHashKey(table, batch, routes);
      isEach ||= only === null && this.#spread?.takesEach(batch.count, length) === true;
    }
    if (isEach) return this.#grouping.each(table, batch, routes);
    const appends = this.#grouping.group(table, batch, routes, only);
    if (only === null) this.#spread?.note(batch.count, appends.count);
    return appends;
  }

  #nextSpread(shardCount: number): number {
    this.#spreadFrom = (this.#spreadFrom + 1) % 0x10000;
    return this.#spreadFrom % shardCount;
  }

  async position(shard: ShardEntry, query: PositionQuery): Promise<number> {
    const ordinal = await this.#backend.position(shard.document.key, query);
    if (ordinal === null) throw shardGone(shard);
    return ordinal;
  }

  read(
    shard: ShardEntry,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): ReadOutcome | Promise<ReadOutcome> {
    const request = { shard: shard.document.key, fromOrdinal, recordsMax, bytesMax };
    const outcome = this.#backend.read(request);
    return outcome instanceof Promise ? outcome.then(readable) : readable(outcome);
  }

  follow(
    shard: ShardEntry,
    fromOrdinal: number,
    consumerArn: string,
    follower: Follower,
  ): FollowOutcome | Promise<FollowOutcome> {
    const request = { shard: shard.document.key, fromOrdinal, consumer: consumerArn };
    return this.#backend.follow(request, follower);
  }
}

/**
 * Throws what a client must see as an error; the outcomes that are left are the operation's
 * business.
 */
function readable(outcome: ReadOutcome): ReadOutcome {
  if (outcome.kind === 'key') throw keyError(outcome.code, outcome.text);
  if (outcome.kind === 'corrupt') throw new ServiceError('InternalFailure', null);
  return outcome;
}

function streamGone(stream: StreamEntry): ServiceError {
  return new ServiceError('ResourceNotFoundException', notFound.stream(stream.document));
}

function shardGone(shard: ShardEntry): ServiceError {
  const text = notFound.shard(shard.document.index, shard.stream.document);
  return new ServiceError('ResourceNotFoundException', text);
}
