/**
 * What clients know of a volume: every section they tried to store and how it ended. Compares it
 * with what the volume gives back.
 */
import { equal } from '../common/bytes.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Random } from '../runtime/random.ts';
import type { Volume } from '../storage/volume.ts';

/**
 * `tried`: not known, it may be stored or not. `stored`: must be there and stay. `expired`: was
 * removed by retention after its time.
 */
type Fate = 'tried' | 'stored' | 'refused' | 'expired';

interface Attempt {
  readonly section: Section;
  fate: Fate;
}

interface ShardLedger {
  readonly shard: ShardKey;
  /** By base ordinal, in the order they were tried. */
  readonly attempts: Map<number, Attempt>;
  /** The ordinal that the next attempt gets. */
  next: number;
  lastArrivalMs: number;
  /** Records that arrived before may be gone. */
  horizonMs: number;
}

const SHARDS = 6;
const SECTIONS_MAX = 3;
const FINDINGS_MAX = 20;

export interface LedgerOptions {
  /** So many shards keep everything for ever. */
  readonly lastingShards: number;
  /** The others keep records for this long at most, milliseconds. */
  readonly keptMsMax: number;
}

export class Ledger {
  acked = 0;
  lost = 0;
  corrupted = 0;
  readonly findings: string[] = [];
  readonly horizons: Map<ShardKey, number> = new Map<ShardKey, number>();
  /**
   * True once a sync of the directory of segments has failed. From then on a power loss may bring
   * back a unit as it was before a rewrite that the process and the starts after it saw in place,
   * and with it records that had expired: no sync tells that a name is not durable. Only those may
   * come back, to the byte; readers never see them, because the back end hides what lies behind the
   * horizon by its arrival, stored or not.
   */
  namesUncertain: boolean = false;
  readonly #shards: ShardLedger[] = [];
  readonly #options: LedgerOptions;
  #nextKey = 1;

  constructor(options: LedgerOptions) {
    this.#options = options;
    for (let index = 0; index < SHARDS; index += 1) {
      this.#shards.push(this.#newShard());
    }
  }

  found(kind: 'lost' | 'corrupted', what: string): void {
    this[kind] += 1;
    if (this.findings.length < FINDINGS_MAX) {
      this.findings.push(`${kind}: ${what}`);
    }
  }

  /** Sections to append now, with ordinals that were never tried before. */
  draw(volume: Volume, random: Random, nowMs: number, payloadBytesMax: number): Section[] {
    const sections: Section[] = [];
    const count = 1 + random.below(SECTIONS_MAX);
    for (let index = 0; index < count; index += 1) {
      const ledger = this.#shards[random.below(SHARDS)] as ShardLedger;
      const count = 1 + random.below(5);
      const bytes = count + random.below(random.below(payloadBytesMax) + 1);
      const arrivalMs = Math.max(nowMs, ledger.lastArrivalMs);
      const keyId = random.below(3);
      const payload = random.below(10) === 0 ? new Uint8Array(bytes) : random.bytes(bytes);
      const baseOrdinal = Math.max(ledger.next, volume.bounds(ledger.shard).next);
      const section = { shard: ledger.shard, baseOrdinal, count, arrivalMs, keyId, payload };
      ledger.next = baseOrdinal + count;
      ledger.lastArrivalMs = arrivalMs;
      ledger.attempts.set(baseOrdinal, { section, fate: 'tried' });
      sections.push(section);
    }
    return sections;
  }

  acknowledge(sections: readonly Section[]): void {
    for (const section of sections) {
      this.acked += section.count;
      const attempt = this.#attempt(section);
      if (attempt !== undefined) {
        attempt.fate = 'stored';
      }
    }
  }

  /** The append failed; `surely` when the volume says that nothing of it is stored. */
  refuse(sections: readonly Section[], surely: boolean): void {
    for (const section of sections) {
      const attempt = this.#attempt(section);
      if (attempt !== undefined && surely) {
        attempt.fate = 'refused';
      }
    }
  }

  /** Lets time pass for retention: some shards' records age, now and then a shard is deleted. */
  ageAndDelete(random: Random, nowMs: number): void {
    for (const [index, ledger] of this.#shards.entries()) {
      if (index < this.#options.lastingShards) {
        continue;
      }
      if (random.below(20) === 0) {
        this.horizons.set(ledger.shard, Infinity);
        this.#shards[index] = this.#newShard();
      } else if (random.below(2) === 0) {
        const horizonMs = nowMs - random.below(this.#options.keptMsMax);
        ledger.horizonMs = Math.max(ledger.horizonMs, horizonMs);
        this.horizons.set(ledger.shard, ledger.horizonMs);
      }
    }
  }

  /** After a start: everything stored must be there; what is not there now must never come back. */
  async check(volume: Volume): Promise<void> {
    for (const ledger of this.#shards) {
      const seen = await this.#readAll(volume, ledger);
      for (const [baseOrdinal, attempt] of ledger.attempts) {
        const expired = attempt.section.arrivalMs < ledger.horizonMs;
        if (seen.has(baseOrdinal)) {
          attempt.fate = 'stored';
        } else if (attempt.fate === 'stored' && !expired) {
          this.found('lost', describe(attempt.section));
        } else if (attempt.fate === 'stored' && this.namesUncertain) {
          attempt.fate = 'expired';
        } else if (attempt.fate !== 'expired') {
          ledger.attempts.delete(baseOrdinal);
        }
      }
      this.#checkBounds(volume, ledger);
      ledger.next = volume.bounds(ledger.shard).next;
    }
  }

  /** Reads one shard from a random place and compares. */
  async checkSome(volume: Volume, random: Random): Promise<void> {
    const ledger = this.#shards[random.below(SHARDS)] as ShardLedger;
    const { oldest, next } = volume.bounds(ledger.shard);
    const from = oldest + random.below(Math.max(1, next - oldest));
    const run = await volume.read(ledger.shard, from, 1 + random.below(50), random.below(20_000));
    let cursor = from;
    for (const section of run.sections) {
      this.#compare(ledger, section, cursor);
      cursor = section.baseOrdinal + section.count;
    }
    run.release?.();
    if (run.blocked) {
      this.found('corrupted', `shard ${ledger.shard} is blocked at ${cursor}`);
    }
    if (random.below(4) === 0) {
      await this.#checkTime(volume, ledger, random);
    }
  }

  async #checkTime(volume: Volume, ledger: ShardLedger, random: Random): Promise<void> {
    const stored = [...ledger.attempts.values()].filter(
      ({ fate, section }) => fate === 'stored' && section.arrivalMs >= ledger.horizonMs,
    );
    const wanted = stored[random.below(Math.max(1, stored.length))]?.section.arrivalMs;
    if (wanted === undefined) {
      return;
    }
    const ordinal = await volume.seekTime(ledger.shard, wanted);
    const { oldest } = volume.bounds(ledger.shard);
    for (const { section } of stored) {
      const missed = section.arrivalMs >= wanted && section.baseOrdinal < ordinal;
      if (missed && section.baseOrdinal >= oldest) {
        this.found('lost', `seeking ${wanted} gave ${ordinal}, past ${describe(section)}`);
      }
    }
  }

  async #readAll(volume: Volume, ledger: ShardLedger): Promise<Set<number>> {
    const seen = new Set<number>();
    let cursor = 0;
    for (;;) {
      const run = await volume.read(ledger.shard, cursor, 1000, 100_000);
      for (const section of run.sections) {
        this.#compare(ledger, section, cursor);
        cursor = section.baseOrdinal + section.count;
        seen.add(section.baseOrdinal);
      }
      run.release?.();
      if (run.blocked) {
        this.found('corrupted', `shard ${ledger.shard} is blocked at ${cursor}`);
      }
      if (run.blocked || run.sections.length === 0) {
        return seen;
      }
    }
  }

  #compare(ledger: ShardLedger, section: Section, cursor: number): void {
    const attempt = ledger.attempts.get(section.baseOrdinal);
    const expected = attempt?.section;
    const intact =
      expected !== undefined &&
      attempt?.fate !== 'refused' &&
      expected.count === section.count &&
      expected.arrivalMs === section.arrivalMs &&
      expected.keyId === section.keyId &&
      equal(expected.payload, section.payload);
    const inOrder = section.baseOrdinal + section.count > cursor;
    if (!intact || !inOrder) {
      this.found('corrupted', `unexpected ${describe(section)} at ${cursor}`);
    }
  }

  #checkBounds(volume: Volume, ledger: ShardLedger): void {
    const { next, oldest } = volume.bounds(ledger.shard);
    for (const { section, fate } of ledger.attempts.values()) {
      if (fate === 'stored' && section.baseOrdinal + section.count > next) {
        this.found('corrupted', `next ordinal ${next} would reuse ${describe(section)}`);
      }
    }
    if (oldest > next) {
      this.found('corrupted', `shard ${ledger.shard} begins at ${oldest}, behind ${next}`);
    }
  }

  #attempt(section: Section): Attempt | undefined {
    const ledger = this.#shards.find((candidate) => candidate.shard === section.shard);
    return ledger?.attempts.get(section.baseOrdinal);
  }

  #newShard(): ShardLedger {
    const shard = this.#nextKey;
    this.#nextKey += 1;
    return { shard, attempts: new Map(), next: 1, lastArrivalMs: 0, horizonMs: 0 };
  }
}

function describe(section: Section): string {
  const { shard, baseOrdinal, count, arrivalMs, payload } = section;
  return `shard ${shard} ordinals ${baseOrdinal}+${count} of ${arrivalMs}, ${payload.length} bytes`;
}
