/**
 * Puts together what became of the records of one call, in request order, from the outcomes of its
 * shards.
 */
import type { AppendResult } from '../api/ports.ts';
import { appendKinds, recordAt } from '../model/data-plane.ts';
import type { AppendOutcomes } from '../model/data-plane.ts';
import { PUT_RECORDS_COUNT_MAX } from '../model/limits.ts';
import { keyError } from '../model/service-error.ts';
import type { StreamEntry } from '../shardmap/shard-map.ts';
import { createdSecondsAt, indexAt } from '../shardmap/shard-map.ts';
import type { RoutedAppends } from './routing.ts';

const stored = 0;
const throttled = 1;
const failed = 2;

/** What a call of fewer records takes is not worth keeping. */
const POOLED_RECORDS_MIN = 32;
/** Memory of so many calls is kept. */
const SPARE_MAX = 64;

/** An AppendResult in the making. */
export class AppendCollector implements AppendResult {
  count: number;
  readonly shardIndexes: Uint32Array;
  readonly createdSeconds: Float64Array;
  readonly ordinals: Float64Array;
  readonly arrivalMs: Float64Array;
  readonly status: Uint8Array;
  failedCount = 0;
  encrypted = false;
  release: (() => void) | undefined;

  /** For `count` records, or fewer if that is changed. */
  constructor(count: number) {
    this.count = count;
    this.shardIndexes = new Uint32Array(count);
    this.createdSeconds = new Float64Array(count);
    this.ordinals = new Float64Array(count);
    this.arrivalMs = new Float64Array(count);
    this.status = new Uint8Array(count);
  }

  /**
   * Enters what became of records; returns those whose shard has moved, ascending, or null. Throws
   * ServiceError when the stream's key cannot be used: the whole call fails.
   */
  add(appends: RoutedAppends, outcomes: AppendOutcomes): Uint32Array | null {
    const { failure, kinds } = outcomes;
    if (failure?.kind === 'key') throw keyError(failure.code, failure.text);
    if (outcomes.encrypted) this.encrypted = true;
    let moved: number[] | null = null;
    for (let i = 0; i < appends.count; i++) {
      const end = appends.firsts[i + 1]!;
      if (kinds[i] === appendKinds.moved) {
        moved ??= [];
        for (let place = appends.firsts[i]!; place < end; place++) {
          moved.push(recordAt(appends, place));
        }
        continue;
      }
      if (kinds[i] === appendKinds.stored) this.#store(appends, outcomes, i);
      else this.#refuse(appends, i, kinds[i] === appendKinds.throttled ? throttled : failed);
    }
    return moved === null ? null : Uint32Array.from(moved).sort();
  }

  #store(appends: RoutedAppends, outcomes: AppendOutcomes, i: number): void {
    const { refused } = outcomes;
    const { firsts, owners } = appends;
    const index = owners[2 * i]!;
    const createdSeconds = owners[2 * i + 1]!;
    const arrivalMs = outcomes.arrivalMs[i]!;
    let ordinal = outcomes.baseOrdinals[i]!;
    const end = firsts[i + 1]!;
    for (let place = firsts[i]!; place < end; place++) {
      const record = recordAt(appends, place);
      this.shardIndexes[record] = index;
      this.createdSeconds[record] = createdSeconds;
      if (refused !== null && refused[place] === 1) {
        this.status[record] = throttled;
        this.failedCount++;
      } else {
        this.status[record] = stored;
        this.ordinals[record] = ordinal++;
        this.arrivalMs[record] = arrivalMs;
      }
    }
  }

  #refuse(appends: RoutedAppends, i: number, status: number): void {
    const { firsts, owners } = appends;
    const end = firsts[i + 1]!;
    for (let place = firsts[i]!; place < end; place++) {
      const record = recordAt(appends, place);
      this.shardIndexes[record] = owners[2 * i]!;
      this.createdSeconds[record] = owners[2 * i + 1]!;
      this.status[record] = status;
    }
    this.failedCount += end - firsts[i]!;
  }

  /** Gives up on these records. */
  fail(stream: StreamEntry, records: Uint32Array): void {
    for (const record of records) {
      this.shardIndexes[record] = indexAt(stream.open, 0);
      this.createdSeconds[record] = createdSecondsAt(stream.open, 0);
      this.status[record] = failed;
      this.failedCount++;
    }
  }
}

/** Gives collectors, whose memory serves again once their results are released. */
export class AppendCollectors {
  readonly #spare: AppendCollector[] = [];

  /** For a call of `count` records. */
  take(count: number): AppendCollector {
    if (count < POOLED_RECORDS_MIN) return new AppendCollector(count);
    const collector = this.#spare.pop() ?? this.#pooled();
    collector.count = count;
    collector.failedCount = 0;
    collector.encrypted = false;
    return collector;
  }

  #pooled(): AppendCollector {
    const collector = new AppendCollector(PUT_RECORDS_COUNT_MAX);
    collector.release = () => {
      if (this.#spare.length < SPARE_MAX) this.#spare.push(collector);
    };
    return collector;
  }
}
