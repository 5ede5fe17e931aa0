/**
 * The front end's side of the data plane: finds the shards of a call in the shard map, asks their
 * back ends, and puts the answers together in request order.
 *
 * Safety never depends on the map being fresh (I7): a back end that answers `moved` is believed,
 * the newer map is looked at, waited for if need be, and the records concerned are routed again.
 */
import type { AppendResult, DataPlane } from '../api/ports.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import type {
  Follower,
  FollowOutcome,
  PositionQuery,
  ReadOutcome,
  RecordsBackend,
  ShardAppendOutcome,
} from '../model/data-plane.ts';
import { notFound } from '../model/messages.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import { isKmsCode, ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ShardEntry, ShardMapView, StreamEntry } from '../shardmap/shard-map.ts';
import { cut, recordAt, routeByHashKey, routeEvenly, type RoutedPart } from './routing.ts';

export interface RouterDependencies {
  readonly map: ShardMapView;
  readonly backend: RecordsBackend;
  readonly random: Random;
  readonly clock: Clock;
  /** For records that are put in the order of their shards. */
  readonly buffers: BufferPool;
}

/** Records whose shard is being closed wait this long for the map that says where they go. */
const reshardWaitMs = 2_000;
/** How often the map is looked at meanwhile. */
const reshardLookMs = 5;

const stored = 0;
const throttled = 1;
const failed = 2;

export class Router implements DataPlane {
  readonly #map: ShardMapView;
  readonly #backend: RecordsBackend;
  readonly #clock: Clock;
  readonly #buffers: BufferPool;
  /** Where the next evenly spread call begins. */
  #spreadFrom: number;

  constructor(dependencies: RouterDependencies) {
    this.#map = dependencies.map;
    this.#backend = dependencies.backend;
    this.#clock = dependencies.clock;
    this.#buffers = dependencies.buffers;
    this.#spreadFrom = dependencies.random.below(0x10000);
  }

  stream(account: string, name: string): StreamEntry | undefined {
    return this.#map.stream(account, name);
  }

  streamByUid(uid: number): StreamEntry | undefined {
    return this.#map.streamByUid(uid);
  }

  async append(stream: StreamEntry, batch: RecordBatch): Promise<AppendResult> {
    const result = new AppendCollector(batch.count);
    let moved = await this.#send(stream, batch, null, result);
    if (moved === null) return result;
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
      moved = await this.#send(newer, batch, moved, result);
      if (moved === null) return result;
      if (this.#clock.monotonic() >= endMs) {
        result.fail(newer, moved);
        return result;
      }
      routedBy = newer;
    }
  }

  /**
   * Routes and appends the records of `only` (all when null); returns those whose shard has moved.
   */
  async #send(
    stream: StreamEntry,
    batch: RecordBatch,
    only: Uint32Array | null,
    result: AppendCollector,
  ): Promise<Uint32Array | null> {
    const table = stream.open;
    const routes =
      stream.document.distribution === 'AUTO'
        ? routeEvenly(table.shards.length, batch, this.#nextSpread(table.shards.length))
        : routeByHashKey(table, batch);
    const { parts, copies } = cut(table, batch, routes, only, this.#buffers);
    const outcomes = await this.#backend.append(parts.map((part) => part.append));
    if (copies !== null) this.#buffers.give(copies);
    const moved: number[] = [];
    parts.forEach((part, i) => {
      const outcome = outcomes[i]!;
      if (outcome.kind === 'moved') {
        for (let r = 0; r < part.append.count; r++) moved.push(recordAt(part, r));
      } else {
        result.add(part, table.shards[part.shard]!, outcome);
      }
    });
    return moved.length === 0 ? null : Uint32Array.from(moved).sort();
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

/** An AppendResult in the making. */
class AppendCollector implements AppendResult {
  readonly shards: ShardEntry[] = [];
  readonly shardOf: Uint16Array;
  readonly ordinals: Float64Array;
  readonly arrivalMs: Float64Array;
  readonly status: Uint8Array;
  failedCount = 0;
  encrypted = false;

  constructor(count: number) {
    this.shardOf = new Uint16Array(count);
    this.ordinals = new Float64Array(count);
    this.arrivalMs = new Float64Array(count);
    this.status = new Uint8Array(count);
  }

  /** Throws ServiceError when the stream's key cannot be used: the whole call fails. */
  add(part: RoutedPart, entry: ShardEntry, outcome: ShardAppendOutcome): void {
    if (outcome.kind === 'key') throw keyError(outcome.code, outcome.text);
    const shard = this.shards.push(entry) - 1;
    let ordinal = 0;
    let refused: Uint8Array | null = null;
    let arrivalMs = 0;
    let rest = outcome.kind === 'throttled' ? throttled : failed;
    if (outcome.kind === 'stored') {
      ordinal = outcome.baseOrdinal;
      refused = outcome.refused;
      arrivalMs = outcome.arrivalMs;
      rest = stored;
      if (outcome.encrypted) this.encrypted = true;
    }
    for (let r = 0; r < part.append.count; r++) {
      const record = recordAt(part, r);
      const status = refused !== null && refused[r] === 1 ? throttled : rest;
      this.shardOf[record] = shard;
      this.status[record] = status;
      if (status === stored) {
        this.ordinals[record] = ordinal++;
        this.arrivalMs[record] = arrivalMs;
      } else {
        this.failedCount++;
      }
    }
  }

  /** Gives up on these records. */
  fail(stream: StreamEntry, records: Uint32Array): void {
    const shard = this.shards.push(stream.open.shards[0]!) - 1;
    for (const record of records) {
      this.shardOf[record] = shard;
      this.status[record] = failed;
      this.failedCount++;
    }
  }
}

function keyError(code: string, text: string): ServiceError {
  return isKmsCode(code) ? new ServiceError(code, text) : new ServiceError('InternalFailure', null);
}

function streamGone(stream: StreamEntry): ServiceError {
  return new ServiceError('ResourceNotFoundException', notFound.stream(stream.document));
}

function shardGone(shard: ShardEntry): ServiceError {
  const text = notFound.shard(shard.document.index, shard.stream.document);
  return new ServiceError('ResourceNotFoundException', text);
}
