/**
 * Lets records of put calls in: limits, ordinals, arrival stamps and encryption, for hundreds of
 * shards in a call at little more than what their records cost.
 *
 * Invariants: ordinals and arrival stamps are given in call order when an append is accepted and
 * only grow within a shard (I3); what is accepted is handed to the store in the same turn.
 */
import { assert } from '../common/assert.ts';
import { gatherFrom } from '../common/pieces.ts';
import { appendKinds, recordAt } from '../model/data-plane.ts';
import type { AppendFailure, AppendOutcomes, ShardAppends } from '../model/data-plane.ts';
import { recordBytes } from '../model/packed.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StreamEntry } from '../shardmap/shard-map.ts';
import { EngineUnavailableError, FencedError, LogFullError } from '../storage/commit-log.ts';
import type { VolumeStore } from '../storage/volume-store.ts';
import { VolumeBusyError } from '../storage/volume-store.ts';
import { movedOutcomes, type OpenOutcomes } from './append-parts.ts';
import { SectionDraft } from './section-draft.ts';
import type { ResolvedKeys, SectionKeys } from './section-keys.ts';
import type { ShardState } from './shard-state.ts';
import type { LimitsMode } from './throttle.ts';

export interface ShardAppenderDependencies {
  readonly store: VolumeStore;
  readonly clock: Clock;
  readonly keys: SectionKeys;
  /** Fills `into`: for each shard its state if it is here and open, else null. */
  openStates(shards: Float64Array, into: (ShardState | null)[]): void;
  /** Called when appends in flight have been settled. */
  settled(): void;
}

const noKeys: ResolvedKeys = new Map();

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
  /** Of the call that is being accepted. */
  readonly #draft = new SectionDraft();

  constructor(deps: ShardAppenderDependencies, options: { readonly limits: LimitsMode }) {
    this.#deps = deps;
    this.#limits = options.limits;
  }

  append(appends: ShardAppends): Promise<AppendOutcomes> {
    const states = this.#statesOf(appends);
    const keys = this.#resolveKeys(states);
    return keys instanceof Promise
      ? keys.then((resolved) => this.#append(appends, this.#statesOf(appends), resolved))
      : this.#append(appends, states, keys);
  }

  #append(
    appends: ShardAppends,
    states: (ShardState | null)[],
    keys: ResolvedKeys,
  ): Promise<AppendOutcomes> {
    const call: Call = {
      appends,
      outcomes: movedOutcomes(appends),
      keys,
      nowMs: this.#deps.clock.now(),
      monotonicMs: this.#limits === 'off' ? 0 : this.#deps.clock.monotonic(),
    };
    this.#aheadOf(states);
    // From here to handing the sections to the store nothing may wait: order is given here.
    const draft = this.#draft;
    draft.begin(
      appends.gather ?? gatherFrom(appends.packed),
      appends.count,
      appends.firsts[appends.count]!,
    );
    let taken = 0;
    for (let i = 0; i < appends.count; i++) {
      const state = states[i] ?? null;
      if (state !== null && this.#accept(call, i, state)) states[taken++] = state;
    }
    states.length = taken;
    const storing = draft.count === 0 ? null : this.#store(draft);
    draft.end();
    const { outcomes } = call;
    if (storing === null) return Promise.resolve(outcomes);
    return storing.then(
      () => this.#settle(states as ShardState[], outcomes),
      (error: unknown) => {
        this.#settle(states as ShardState[], outcomes);
        return failed(outcomes, error);
      },
    );
  }

  /** A store that throws has failed like one that rejects: what is in flight must come down. */
  #store(draft: SectionDraft): Promise<void> {
    try {
      return this.#deps.store.append(draft);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** By shard of a call: the state of those that are here and open. */
  #statesOf({ shards }: ShardAppends): (ShardState | null)[] {
    const states: (ShardState | null)[] = [];
    this.#deps.openStates(shards, states);
    return states;
  }

  /** The data keys of the streams appended to. */
  #resolveKeys(states: readonly (ShardState | null)[]): ResolvedKeys | Promise<ResolvedKeys> {
    let ids: Set<number> | null = null;
    let seen: StreamEntry | null = null;
    for (const state of states) {
      // Mostly all of them are of one stream.
      if (state === null || state.entry.stream === seen) continue;
      seen = state.entry.stream;
      const { encryption } = seen.document;
      if (encryption !== null) (ids ??= new Set()).add(encryption.dataKeyId);
    }
    return ids === null ? noKeys : this.#deps.keys.resolve(ids);
  }

  /**
   * Reads what accepting records of these shards will look at. A processor reads many places of
   * memory at once where the program is nothing but reads, and waits for each one else.
   */
  #aheadOf(states: readonly (ShardState | null)[]): void {
    let sum = 0;
    for (const state of states) {
      if (state !== null) sum += state.lastArrivalMs + state.use.recordsIn;
    }
    assert(sum >= 0, 'appender: counts'); // What is not used would not be read.
  }

  /** Decides which records of shard `i` of a call are let in and stamps them; false: none are. */
  #accept(call: Call, i: number, state: ShardState): boolean {
    if (state.sealed) return false;
    const { appends, outcomes } = call;
    const { encryption } = state.entry.stream.document;
    const key = encryption === null ? null : call.keys.get(encryption.dataKeyId);
    // The stream's key was changed while keys were looked up: it is worth a second try.
    if (key === undefined) return false;
    if (key !== null && 'kind' in key) {
      outcomes.kinds[i] = appendKinds.key;
      outcomes.failure = key;
      return false;
    }
    this.#admit(call, i, state);
    const draft = this.#draft;
    const { records, bytes } = draft;
    if (records === 0) {
      outcomes.kinds[i] = appendKinds.throttled;
      return false;
    }
    const arrivalMs = Math.max(call.nowMs, state.lastArrivalMs);
    outcomes.kinds[i] = appendKinds.stored;
    outcomes.baseOrdinals[i] = state.nextOrdinal;
    outcomes.arrivalMs[i] = arrivalMs;
    draft.finish(appends.shards[i]!, state.nextOrdinal, arrivalMs);
    state.lastArrivalMs = arrivalMs;
    state.nextOrdinal += records;
    state.inFlight++;
    state.use.recordsIn += records;
    state.use.bytesIn += recordBytes(bytes, records);
    if (key !== null) {
      const { keyId, payload } = this.#deps.keys.seal(draft.last(), key);
      draft.replaceLast(keyId, payload);
      outcomes.encrypted = true;
    }
    return true;
  }

  /** Puts the records of shard `i` that the write limit lets in into the draft, in their order. */
  #admit(call: Call, i: number, state: ShardState): void {
    const { appends, monotonicMs } = call;
    const { offsets } = appends;
    const first = appends.firsts[i]!;
    const end = appends.firsts[i + 1]!;
    const all = this.#limits === 'off' || takesAll(appends, first, end, state, monotonicMs);
    for (let place = first; place < end; place++) {
      const record = recordAt(appends, place);
      const start = offsets[record]!;
      const bytes = offsets[record + 1]! - start;
      if (!all && !state.write.tryTake(1, bytes - packedHeaderBytes, monotonicMs)) {
        state.use.writesThrottled++;
        if (this.#limits === 'aws') {
          call.outcomes.refused ??= new Uint8Array(appends.firsts[appends.count]!);
          call.outcomes.refused[place] = 1;
          continue;
        }
      }
      this.#draft.add(start, start + bytes);
    }
  }

  /** What was handed to the store is in flight no more. */
  #settle(states: readonly ShardState[], outcomes: OpenOutcomes): AppendOutcomes {
    for (const state of states) state.inFlight--;
    this.#deps.settled();
    return outcomes;
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
