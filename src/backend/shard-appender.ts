/**
 * Lets records of put calls in: limits, ordinals, arrival stamps and encryption, for hundreds of
 * shards in a call at little more than what their records cost.
 *
 * Invariants: ordinals and arrival stamps are given in call order when an append is accepted and
 * only grow within a shard (I3); what is accepted is handed to the store in the same turn.
 */
import { gatherFrom } from '../common/pieces.ts';
import { appendKinds, recordAt } from '../model/data-plane.ts';
import type { AppendFailure, AppendOutcomes, ShardAppends } from '../model/data-plane.ts';
import { recordBytes } from '../model/packed.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { PlainKey } from '../keys/data-keys.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StreamEntry } from '../shardmap/shard-map.ts';
import { EngineUnavailableError, FencedError, LogFullError } from '../storage/commit-log.ts';
import { unknownSum } from '../storage/section-batch.ts';
import type { VolumeStore } from '../storage/volume-store.ts';
import { VolumeBusyError } from '../storage/volume-store.ts';
import { movedOutcomes, type OpenOutcomes } from './append-parts.ts';
import { InFlight } from './in-flight.ts';
import { SectionDraft } from './section-draft.ts';
import type { KeyFailure, ResolvedKeys, SectionKeys } from './section-keys.ts';
import {
  flagEncrypted,
  flagSealed,
  stateBytesIn,
  stateFlags,
  stateHalves,
  stateLastArrivalMs,
  stateNextOrdinal,
  stateStoreRow,
  stateWords,
  type ShardState,
  type ShardStates,
} from './shard-state.ts';
import type { LimitsMode } from './throttle.ts';

export interface ShardAppenderDependencies {
  readonly store: VolumeStore;
  readonly clock: Clock;
  readonly keys: SectionKeys;
  readonly states: ShardStates;
  /** Fills `into`: by shard of a call the row of its state if it is here and open, else -1. */
  openRows(appends: ShardAppends, into: Int32Array): void;
}

const noKeys: ResolvedKeys = new Map();

/** Room for the rows of a call is used again: so many of them are kept. */
const SPARE_ROWS_MAX = 64;
const ROWS_FIRST = 16;

/** One call on its way into the store. */
interface Call {
  readonly appends: ShardAppends;
  readonly outcomes: OpenOutcomes;
  readonly keys: ResolvedKeys;
  readonly nowMs: number;
  /** For the limits, where there are any. */
  readonly monotonicMs: number;
}

export class ShardAppender {
  readonly #deps: ShardAppenderDependencies;
  readonly #limits: LimitsMode;
  /** What was handed to the store and is not settled yet. */
  readonly inFlight: InFlight = new InFlight();
  /** Of the call that is being accepted. */
  readonly #draft = new SectionDraft();
  readonly #spareRows: Int32Array[] = [];

  constructor(deps: ShardAppenderDependencies, options: { readonly limits: LimitsMode }) {
    this.#deps = deps;
    this.#limits = options.limits;
  }

  append(appends: ShardAppends): Promise<AppendOutcomes> {
    const rows = this.#takeRows(appends.count);
    this.#deps.openRows(appends, rows);
    const keys = this.#resolveKeys(rows, appends.count);
    if (!(keys instanceof Promise)) return this.#append(appends, rows, keys);
    return keys.then((resolved) => {
      this.#deps.openRows(appends, rows);
      return this.#append(appends, rows, resolved);
    });
  }

  #append(appends: ShardAppends, rows: Int32Array, keys: ResolvedKeys): Promise<AppendOutcomes> {
    const call: Call = {
      appends,
      outcomes: movedOutcomes(appends),
      keys,
      nowMs: this.#deps.clock.now(),
      monotonicMs: this.#limits === 'off' ? 0 : this.#deps.clock.monotonic(),
    };
    // From here to handing the sections to the store nothing may wait: order is given here.
    const draft = this.#draft;
    draft.begin(
      appends.gather ?? gatherFrom(appends.packed),
      appends.count,
      appends.firsts[appends.count]!,
    );
    let taken = 0;
    for (let i = 0; i < appends.count; i++) {
      const row = rows[i]!;
      if (row >= 0 && this.#accept(call, i, row)) rows[taken++] = row;
    }
    const storing = draft.count === 0 ? null : this.#store(draft);
    if (draft.guesses.haveChanged) this.#keepGuesses(rows, taken, draft.guesses.rows);
    draft.end();
    this.#giveRows(rows);
    const { outcomes } = call;
    if (storing === null) return Promise.resolve(outcomes);
    const begun = this.inFlight.begin();
    return storing.then(
      () => {
        begun.end();
        return outcomes;
      },
      (error: unknown) => {
        begun.end();
        return failed(outcomes, error);
      },
    );
  }

  /** Remembers where the store has found the shards of what it was given. */
  #keepGuesses(rows: Int32Array, taken: number, guesses: Int32Array): void {
    const { i32 } = this.#deps.states.rows;
    for (let i = 0; i < taken; i++) i32[rows[i]! * stateHalves + stateStoreRow] = guesses[i]!;
  }

  /** A store that throws has failed like one that rejects: what is in flight must come down. */
  #store(draft: SectionDraft): Promise<void> {
    try {
      return this.#deps.store.append(draft);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Room for the rows of a call, which may be longer than asked for. */
  #takeRows(count: number): Int32Array {
    const spare = this.#spareRows.pop();
    return spare !== undefined && spare.length >= count
      ? spare
      : new Int32Array(Math.max(count, ROWS_FIRST));
  }

  #giveRows(rows: Int32Array): void {
    if (this.#spareRows.length < SPARE_ROWS_MAX) this.#spareRows.push(rows);
  }

  /** The data keys of the streams appended to. */
  #resolveKeys(rows: Int32Array, count: number): ResolvedKeys | Promise<ResolvedKeys> {
    const { states } = this.#deps;
    const { i32 } = states.rows;
    let ids: Set<number> | null = null;
    let seen: StreamEntry | null = null;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (row < 0 || (i32[row * stateHalves + stateFlags]! & flagEncrypted) === 0) continue;
      const { stream } = states.at(row).entry;
      // Mostly all of them are of one stream.
      if (stream === seen) continue;
      seen = stream;
      const { encryption } = stream.document;
      if (encryption !== null) (ids ??= new Set()).add(encryption.dataKeyId);
    }
    return ids === null ? noKeys : this.#deps.keys.resolve(ids);
  }

  /** The key that records of a shard are sealed with; null: with none. */
  #keyOf(call: Call, row: number): PlainKey | KeyFailure | null | undefined {
    const { encryption } = this.#deps.states.at(row).entry.stream.document;
    return encryption === null ? null : call.keys.get(encryption.dataKeyId);
  }

  /** Decides which records of shard `i` of a call are let in and stamps them; false: none are. */
  #accept(call: Call, i: number, row: number): boolean {
    const { f64, i32 } = this.#deps.states.rows;
    const flags = i32[row * stateHalves + stateFlags]!;
    if ((flags & flagSealed) !== 0) return false;
    const { appends, outcomes } = call;
    const key = (flags & flagEncrypted) === 0 ? null : this.#keyOf(call, row);
    // The stream's key was changed while keys were looked up: it is worth a second try.
    if (key === undefined) return false;
    if (key !== null && 'kind' in key) {
      outcomes.kinds[i] = appendKinds.key;
      outcomes.failure = key;
      return false;
    }
    this.#admit(call, i, row);
    const draft = this.#draft;
    const { records, bytes } = draft;
    if (records === 0) {
      outcomes.kinds[i] = appendKinds.throttled;
      return false;
    }
    const at = row * stateWords;
    const ordinal = f64[at + stateNextOrdinal]!;
    const arrivalMs = Math.max(call.nowMs, f64[at + stateLastArrivalMs]!);
    outcomes.kinds[i] = appendKinds.stored;
    outcomes.baseOrdinals[i] = ordinal;
    outcomes.arrivalMs[i] = arrivalMs;
    draft.finish(appends.shards[i]!, i32[row * stateHalves + stateStoreRow]!, ordinal, arrivalMs);
    f64[at + stateLastArrivalMs] = arrivalMs;
    f64[at + stateNextOrdinal] = ordinal + records;
    f64[at + stateBytesIn] = f64[at + stateBytesIn]! + recordBytes(bytes, records);
    if (key !== null) {
      const { keyId, payload } = this.#deps.keys.seal(draft.last(), key);
      draft.replaceLast(keyId, payload);
      outcomes.encrypted = true;
    }
    return true;
  }

  /** Puts the records of shard `i` that the write limit lets in into the draft, in their order. */
  #admit(call: Call, i: number, row: number): void {
    const { appends, monotonicMs } = call;
    const { offsets, sums } = appends;
    const first = appends.firsts[i]!;
    const end = appends.firsts[i + 1]!;
    const state = this.#limits === 'off' ? null : this.#deps.states.at(row);
    const all = state === null || takesAll(appends, first, end, state, monotonicMs);
    for (let place = first; place < end; place++) {
      const record = recordAt(appends, place);
      const start = offsets[record]!;
      const bytes = offsets[record + 1]! - start;
      if (!all && !state.write.tryTake(1, bytes - packedHeaderBytes, monotonicMs)) {
        state.counts.writesThrottled++;
        if (this.#limits === 'aws') {
          call.outcomes.refused ??= new Uint8Array(appends.firsts[appends.count]!);
          call.outcomes.refused[place] = 1;
          continue;
        }
      }
      this.#draft.add(start, start + bytes, sums === undefined ? unknownSum : sums[record]!);
    }
  }
}

/** The outcomes of a call whose records the store did not take. */
function failed(outcomes: OpenOutcomes, error: unknown): AppendOutcomes {
  outcomes.failure ??= unavailable(error);
  outcomes.encrypted = false;
  const { kinds } = outcomes;
  for (let i = 0; i < kinds.length; i++) {
    if (kinds[i] === appendKinds.stored) kinds[i] = appendKinds.unavailable;
  }
  return outcomes;
}

/** Whether the write limit takes all records of a shard at once; then they have been taken. */
function takesAll(
  appends: ShardAppends,
  first: number,
  end: number,
  state: ShardState,
  nowMs: number,
): boolean {
  const { offsets } = appends;
  let bytes = 0;
  for (let place = first; place < end; place++) {
    const record = recordAt(appends, place);
    bytes += offsets[record + 1]! - offsets[record]! - packedHeaderBytes;
  }
  return state.write.tryTake(end - first, bytes, nowMs);
}

/** What an error of the store says to the writer; throws what is none of its expected ones. */
function unavailable(error: unknown): AppendFailure {
  if (
    error instanceof LogFullError ||
    error instanceof EngineUnavailableError ||
    error instanceof FencedError ||
    error instanceof VolumeBusyError
  ) {
    return { kind: 'unavailable', reason: error.message };
  }
  throw error;
}
