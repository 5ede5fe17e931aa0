/**
 * Retention: drops units that no shard needs and rewrites those of which less than half is needed.
 *
 * Beside the append path, one unit at a time, in steps of bounded size. The catalog is written
 * before anything is removed, and the log replaces a unit in one atomic step, so a crash at any
 * point leaves every needed record in exactly one place (I2). Ordinals never change.
 */
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CommitLog } from './commit-log.ts';
import { CorruptionError, LogFullError } from './commit-log.ts';
import type { SealedUnit } from './index-store.ts';
import type { ShardTable } from './shard-table.ts';
import type { UnitDirectory } from './unit-index.ts';
import type { UnitList } from './unit-list.ts';
import type { Horizon } from './unit-rewriter.ts';
import { UnitRewriter } from './unit-rewriter.ts';
import type { DamageReport } from './volume-store.ts';

/** A unit with a smaller part of its bytes still needed is rewritten. */
const LIVE_PART_MIN = 0.5;
/** Most units rewritten in one call. */
const REWRITES_MAX = 8;
/** Most units examined in one call; the rest has its turn in the next ones. */
const EXAMINED_MAX = 256;
/** Periods that differ by less are taken for the same, read at slightly different times. */
const PERIOD_SLACK_MS = 1000;
/**
 * So many neighbours in a row, each smaller than this part of a full unit, are made one, so that
 * a long retention beside short ones does not leave a file for every unit there has been.
 */
const MERGED_MIN = 4;
const SMALL_PART_MAX = 0.25;

export interface RetentionDeps {
  readonly log: CommitLog;
  readonly units: UnitList;
  readonly table: ShardTable;
  readonly clock: Clock;
  /** Writes the catalog as things are now. */
  readonly saveCatalog: () => Promise<void>;
  /** Seals the unit being written and begins another. */
  readonly sealActive: () => Promise<void>;
}

export interface RetentionOptions {
  readonly volume: number;
  readonly epoch: number;
  readonly identity: number;
  readonly unitBytesMax: number;
  readonly onDamage: (report: DamageReport) => void;
}

export class Retention {
  readonly #deps: RetentionDeps;
  readonly #options: RetentionOptions;
  /** Units that could not be rewritten because they are damaged. */
  readonly #unfit = new WeakSet<SealedUnit>();
  /** When a unit's need can next have changed, as long as no shard's retention is shortened. */
  #recheckAtMs = new WeakMap<SealedUnit, number>();
  readonly #periods = new Map<ShardKey, number>();
  readonly #rewriter: UnitRewriter;
  #stopped = false;

  constructor(deps: RetentionDeps, options: RetentionOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#rewriter = new UnitRewriter(deps, options);
  }

  /** One pass: examines what may have changed, drops, rewrites. */
  async run(horizonNowMs: Horizon): Promise<void> {
    const { table, log, clock } = this.#deps;
    const nowMs = clock.now();
    const horizonMs = fixed(horizonNowMs);
    if (this.#notePeriods(horizonMs, nowMs)) {
      this.#recheckAtMs = new WeakMap();
    }
    const { dead, sparse } = await this.#examine(horizonMs, nowMs);
    await this.#drop(dead);
    if (log.caps.rewrites) {
      await this.#compact(sparse, horizonMs);
    }
    if (!this.#stopped && this.#isActiveDead(horizonMs)) {
      await this.#deps.sealActive();
    }
    for (const state of [...table.values()]) {
      if (horizonMs(state.shard) === Infinity && state.queuedNext === state.next) {
        table.delete(state.shard);
        this.#periods.delete(state.shard);
      }
    }
  }

  async #compact(sparse: readonly SealedUnit[], horizonMs: Horizon): Promise<void> {
    for (const unit of sparse.slice(0, REWRITES_MAX)) {
      if (!this.#stopped) {
        await this.#rewrite([unit], horizonMs);
      }
    }
    const small = this.#stopped ? null : this.#smallNeighbours();
    if (small !== null) {
      await this.#rewrite(small, horizonMs);
    }
  }

  /** Lets a pass under way end after the unit it is at. */
  stop(): void {
    this.#stopped = true;
  }

  /** Which units can go and which should be rewritten, of those that may have changed. */
  async #examine(
    horizonMs: Horizon,
    nowMs: number,
  ): Promise<{ readonly dead: SealedUnit[]; readonly sparse: SealedUnit[] }> {
    const { units, log } = this.#deps;
    const dead: SealedUnit[] = [];
    const sparse: SealedUnit[] = [];
    let examined = 0;
    let front = true;
    for (const unit of [...units.sealed]) {
      const due = (this.#recheckAtMs.get(unit) ?? -Infinity) <= nowMs;
      if (!due || examined === EXAMINED_MAX || this.#stopped) {
        front = false;
        continue;
      }
      examined += 1;
      const life = lifeOf(await units.store.directory(unit), horizonMs);
      if (life.bytes === null && (log.caps.rewrites || front)) {
        dead.push(unit);
        continue;
      }
      front = false;
      const bytes = life.bytes ?? 0;
      const wanted = bytes < unit.bytes * LIVE_PART_MIN && !this.#unfit.has(unit);
      if (life.bytes !== null && wanted) {
        sparse.push(unit);
      } else {
        this.#recheckAtMs.set(unit, nowMs + life.nextChangeMs - PERIOD_SLACK_MS);
      }
    }
    return { dead, sparse };
  }

  /**
   * Remembers how far each shard looks back. True when some shard looks back less than before, so
   * that what was learnt of units does not hold.
   */
  #notePeriods(horizonMs: Horizon, nowMs: number): boolean {
    let shorter = false;
    for (const { shard } of this.#deps.table.values()) {
      const horizon = horizonMs(shard);
      const period = nowMs - horizon;
      const before = this.#periods.get(shard) ?? -Infinity;
      if (period < before - PERIOD_SLACK_MS) {
        shorter = true;
        this.#periods.set(shard, period);
      } else if (period > before) {
        this.#periods.set(shard, period);
      }
    }
    return shorter;
  }

  /** True when the unit being written holds records, and none that a shard needs. */
  #isActiveDead(horizonMs: Horizon): boolean {
    const { active } = this.#deps.units;
    if (active === null || active.entryCount === 0) {
      return false;
    }
    for (let slot = 0; slot < active.slots; slot += 1) {
      const isUsed = active.isBegun(slot) && active.hasEntries(slot);
      if (isUsed && active.endArrivalMs(slot) >= horizonMs(active.shard(slot))) {
        return false;
      }
    }
    return true;
  }

  async #drop(dead: readonly SealedUnit[]): Promise<void> {
    const { units, log } = this.#deps;
    if (dead.length === 0) {
      return;
    }
    for (const unit of dead) {
      await this.#advanceOldest(unit, () => Infinity);
    }
    await this.#remove(dead);
    const first = units.sealed[0]?.from ?? units.active?.from;
    if (first !== undefined) {
      await log.trim(this.#options.volume, first);
    }
  }

  /**
   * Takes units out of list, indexes, catalog and log, in an order that a crash may cut anywhere.
   */
  async #remove(gone: readonly SealedUnit[]): Promise<void> {
    const { units, log, saveCatalog } = this.#deps;
    for (const unit of gone) {
      unit.gone = true;
    }
    units.sealed = units.sealed.filter((unit) => !unit.gone);
    try {
      for (const unit of gone) {
        // First: on a full disk it makes room for the catalog.
        await units.store.drop(unit);
      }
      await saveCatalog();
    } catch (error) {
      // The catalog still lists them: they stay, and a later pass tries again.
      for (const unit of gone) {
        unit.gone = false;
      }
      units.sealed = [...units.sealed, ...gone].sort((a, b) => a.from - b.from);
      throw error;
    }
    if (log.caps.rewrites) {
      for (const unit of gone) {
        await log.drop(this.#options.volume, unit.from);
      }
    }
  }

  /** Moves the oldest ordinals past the records of `unit` that are older than the horizon. */
  async #advanceOldest(unit: SealedUnit, horizonMs: Horizon): Promise<void> {
    const { units, table } = this.#deps;
    const directory = await units.store.directory(unit);
    for (let row = 0; row < directory.length; row += 1) {
      const shard = directory.shard(row);
      const state = table.get(shard);
      if (
        state !== undefined &&
        directory.entryCount(row) > 0 &&
        directory.endArrivalMs(row) < horizonMs(shard)
      ) {
        state.oldest = Math.max(state.oldest, directory.end(row));
      }
    }
  }

  /** Rewrites a group of neighbouring units into the first of them. */
  async #rewrite(group: readonly SealedUnit[], horizonMs: Horizon): Promise<void> {
    let done = (): void => undefined;
    const changing = new Promise<void>((resolve) => {
      done = resolve;
    });
    for (const unit of group) {
      unit.changing = changing;
    }
    try {
      for (const unit of group) {
        await this.#advanceOldest(unit, horizonMs);
      }
      if ((await this.#rewriter.rewrite(group, horizonMs)) && group.length > 1) {
        await this.#remove(group.slice(1));
      }
    } catch (error) {
      if (error instanceof CorruptionError) {
        for (const unit of group) {
          this.#unfit.add(unit);
        }
      } else if (!(error instanceof LogFullError)) {
        throw error;
      }
    } finally {
      for (const unit of group) {
        unit.changing = null;
      }
      done();
    }
  }

  /** The first run of small neighbours that are worth to be one unit; null where there is none. */
  #smallNeighbours(): readonly SealedUnit[] | null {
    const { unitBytesMax } = this.#options;
    let group: SealedUnit[] = [];
    let bytes = 0;
    for (const unit of this.#deps.units.sealed) {
      const small = unit.bytes < unitBytesMax * SMALL_PART_MAX && !this.#unfit.has(unit);
      if (small && bytes + unit.bytes <= unitBytesMax) {
        group.push(unit);
        bytes += unit.bytes;
      } else if (group.length >= MERGED_MIN) {
        break;
      } else {
        group = small ? [unit] : [];
        bytes = small ? unit.bytes : 0;
      }
    }
    return group.length >= MERGED_MIN ? group : null;
  }
}

/** The horizons of one pass: asked for once, since they move with the clock. */
function fixed(horizonMs: Horizon): Horizon {
  const asked = new Map<ShardKey, number>();
  return (shard) => {
    let horizon = asked.get(shard);
    if (horizon === undefined) {
      horizon = horizonMs(shard);
      asked.set(shard, horizon);
    }
    return horizon;
  };
}

/** How much of a unit is needed. */
interface UnitLife {
  /** Payload bytes of shards that still need the unit; null when none does. */
  readonly bytes: number | null;
  /** The least time in which a shard can cease to need it, by the passing of time alone. */
  readonly nextChangeMs: number;
}

function lifeOf(directory: UnitDirectory, horizonMs: Horizon): UnitLife {
  let bytes: number | null = null;
  let nextChangeMs = Infinity;
  for (let row = 0; row < directory.length; row += 1) {
    if (directory.entryCount(row) > 0) {
      const leftMs = directory.endArrivalMs(row) - horizonMs(directory.shard(row));
      if (leftMs >= 0) {
        bytes = (bytes ?? 0) + directory.payloadBytes(row);
        nextChangeMs = Math.min(nextChangeMs, leftMs);
      }
    }
  }
  return { bytes, nextChangeMs };
}
