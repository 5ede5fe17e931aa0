/**
 * Reads a shard's sections, from the tail ring where it has them, else from the log by the index.
 *
 * What does not match its checksum is reported and never served: the run ends before it and is
 * `blocked`.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import { allOf, onlyOnce } from '../common/buffer-pool.ts';
import type { Section } from '../model/section.ts';
import { readEntries } from './cold-reader.ts';
import type { CommitLog } from './commit-log.ts';
import type { ShardState } from './shard-table.ts';
import type { TailRing } from './tail-ring.ts';
import type { Slab } from './tail-slabs.ts';
import type { Located, UnitList } from './unit-list.ts';
import type { DamageReport, SectionRun } from './volume-store.ts';

/** How often a read begins anew because units were rewritten or dropped under it. */
const RETRIES_MAX = 16;

type Mark = readonly [sections: number, records: number, bytes: number, releases: number];

/** What a read has gathered so far. */
class Gathering {
  readonly sections: Section[] = [];
  readonly releases: (() => void)[] = [];
  readonly from: number;
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  #records = 0;
  #bytes = 0;

  constructor(from: number, recordsMax: number, bytesMax: number) {
    this.from = from;
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
  }

  get full(): boolean {
    return this.#records >= this.#recordsMax || this.#bytes >= this.#bytesMax;
  }

  /** What `reset` goes back to. */
  mark(): Mark {
    return [this.sections.length, this.#records, this.#bytes, this.releases.length];
  }

  reset(mark: Mark): void {
    for (const release of this.releases.splice(mark[3])) {
      release();
    }
    [this.sections.length, this.#records, this.#bytes] = mark;
  }

  run(blocked: boolean): SectionRun {
    const { sections, releases } = this;
    const release = releases.length > 0 ? allOf(releases) : undefined;
    return { sections, blocked, release };
  }

  count(baseOrdinal: number, count: number, payloadBytes: number): void {
    this.#records += baseOrdinal + count - Math.max(baseOrdinal, this.from);
    this.#bytes += payloadBytes;
  }
}

export interface VolumeReaderDeps {
  readonly log: CommitLog;
  /** For what is read from the log. */
  readonly buffers: Buffers;
  readonly units: UnitList;
  readonly ring: TailRing;
}

export class VolumeReader {
  readonly #log: CommitLog;
  readonly #buffers: Buffers;
  readonly #units: UnitList;
  readonly #ring: TailRing;
  readonly #volume: number;
  readonly #onDamage: (report: DamageReport) => void;

  constructor(deps: VolumeReaderDeps, volume: number, onDamage: (report: DamageReport) => void) {
    this.#log = deps.log;
    this.#buffers = deps.buffers;
    this.#units = deps.units;
    this.#ring = deps.ring;
    this.#volume = volume;
    this.#onDamage = onDamage;
  }

  read(
    state: ShardState,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): SectionRun | Promise<SectionRun> {
    const from = Math.max(fromOrdinal, state.oldest);
    const gathering = new Gathering(from, recordsMax, bytesMax);
    return this.#gatherHot(state, from, gathering)
      ? gathering.run(false)
      : this.#readCold(state, from, gathering);
  }

  /** Ordinal of the first record with `arrivalMs >= ms`. */
  seekTime(state: ShardState, ms: number): number | Promise<number> {
    if (ms > state.lastArrivalMs) {
      return state.next;
    }
    const ring = this.#ring;
    const found = ring.findArrival(state, ms);
    if (found !== null && (ring.hasPrevious(found) || state.oldest >= ring.baseOrdinal(found))) {
      return Math.max(ring.baseOrdinal(found), state.oldest);
    }
    return this.#seekCold(state, ms);
  }

  async #seekCold(state: ShardState, ms: number): Promise<number> {
    const located = await this.#units.locateArrival(state.shard, ms);
    if (located === null) {
      return Math.max(state.oldest, this.#ring.hotOrdinal(state));
    }
    const entry = located.rows.findArrival(ms);
    const found = entry < located.rows.length ? located.rows.baseOrdinal(entry) : located.end;
    return Math.min(state.next, Math.max(state.oldest, found));
  }

  async #readCold(state: ShardState, from: number, gathering: Gathering): Promise<SectionRun> {
    let cursor = from;
    let retries = 0;
    while (!gathering.full && cursor < state.next) {
      cursor = Math.max(cursor, state.oldest);
      if (this.#gatherHot(state, cursor, gathering)) {
        break;
      }
      const located = await this.#units.locateOrdinal(state.shard, cursor);
      if (located === null) {
        break;
      }
      const step = await this.#readUnit(state, located, cursor, gathering);
      if (step === 'changed') {
        retries += 1;
        if (retries > RETRIES_MAX) {
          break;
        }
      } else if (step === 'blocked') {
        return gathering.run(true);
      } else {
        cursor = step;
      }
    }
    return gathering.run(false);
  }

  /** Gathers what a unit has from `cursor` on; gives the ordinal to go on at. */
  async #readUnit(
    state: ShardState,
    located: Located,
    cursor: number,
    gathering: Gathering,
  ): Promise<number | 'changed' | 'blocked'> {
    const { rows, from } = located;
    const mark = gathering.mark();
    const first = rows.findOrdinal(cursor);
    let end = first;
    while (end < rows.length && !rows.damaged(end) && !gathering.full) {
      gathering.count(rows.baseOrdinal(end), rows.count(end), rows.payloadBytes(end));
      end += 1;
    }
    if (end > first) {
      const { shard } = state;
      const [log, buffers, volume] = [this.#log, this.#buffers, this.#volume];
      const read = await readEntries({ log, buffers, volume, from, shard, rows }, first, end);
      for (const section of read.sections) {
        gathering.sections.push(section);
      }
      gathering.releases.push(read.release);
      if (read.failedEntry === null) {
        return rows.endOrdinal(end - 1);
      }
      if (await this.#hasChanged(located, state, rows.baseOrdinal(read.failedEntry))) {
        gathering.reset(mark);
        return 'changed';
      }
      this.#report(state, located, read.failedEntry);
      return 'blocked';
    }
    if (first < rows.length) {
      return 'blocked';
    }
    // The unit's records from here on have been dropped; go on behind it.
    return located.end > cursor ? located.end : this.#behind(state, from, cursor);
  }

  /** Where the shard goes on behind the unit at `from` that has nothing of it above `cursor`. */
  async #behind(state: ShardState, from: number, cursor: number): Promise<number> {
    const next = this.#units.nextFrom(from);
    const behind = this.#units.sealed.find((candidate) => candidate.from === next);
    if (behind !== undefined) {
      const directory = await this.#units.store.directory(behind);
      const row = directory.find(state.shard);
      if (row >= 0 && directory.begin(row) > cursor) {
        return directory.begin(row);
      }
    }
    return this.#units.activeBegin(state.shard) ?? state.next;
  }

  /**
   * True when a read failed because the unit was rewritten or dropped meanwhile, not because of
   * damage.
   */
  async #hasChanged(located: Located, state: ShardState, ordinal: number): Promise<boolean> {
    const unit = this.#units.sealed.find((candidate) => candidate.from === located.from);
    await unit?.changing;
    const isActive = this.#units.active?.from === located.from;
    const gone = located.unit?.gone === true || (unit === undefined && !isActive);
    const rewritten = unit !== undefined && unit.generation !== located.generation;
    return gone || rewritten || ordinal < state.oldest;
  }

  #report(state: ShardState, located: Located, entry: number): void {
    const { rows, from } = located;
    this.#onDamage({
      volume: this.#volume,
      shard: state.shard,
      position: from + rows.framePlace(entry),
      bytes: rows.payloadBytes(entry),
      detail: `records from ordinal ${rows.baseOrdinal(entry)} do not match their checksum`,
    });
  }

  /** Gathers from memory; false: not all that is stored from `from` on is there. */
  #gatherHot(state: ShardState, from: number, gathering: Gathering): boolean {
    const ring = this.#ring;
    const pinned = new Set<Slab>();
    let entry = ring.findOrdinal(state, from);
    const isHot =
      entry === null
        ? from >= state.next
        : ring.baseOrdinal(entry) <= from || ring.hasPrevious(entry);
    if (!isHot) return false;
    for (; entry !== null && !gathering.full; entry = ring.next(entry)) {
      gathering.count(ring.baseOrdinal(entry), ring.count(entry), ring.payloadBytes(entry));
      gathering.sections.push(ring.read(state.shard, entry, pinned));
    }
    if (pinned.size > 0) {
      gathering.releases.push(onlyOnce(() => this.#ring.unpin(pinned)));
    }
    return true;
  }
}
