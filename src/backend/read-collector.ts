/**
 * Turns runs of stored sections into the answer of one read: exactly the asked records, cut at
 * record boundaries, nothing from behind the horizon.
 *
 * Payloads are sliced, never copied. At least one record is given when there is one, whatever the
 * byte limit.
 */
import { assert } from '../common/assert.ts';
import { packedEnd, packedOffset, recordBytes } from '../model/packed.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';

export class ReadCollector {
  readonly sections: Section[] = [];
  /** Give back what the sections are made of; see SectionRun. */
  readonly releases: (() => void)[] = [];
  /** Ordinal to continue at. */
  nextOrdinal: number;
  records = 0;
  /** Of data and partition keys. */
  bytes = 0;
  /** Arrival of the newest record collected, 0 when none. */
  lastArrivalMs = 0;
  /** A limit was reached: further sections are not wanted. */
  full = false;
  /** Records from before the horizon were met and passed over. */
  passedHidden = false;
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  readonly #horizonMs: number;

  /** `horizonMs`: records that arrived before it are hidden. */
  constructor(fromOrdinal: number, recordsMax: number, bytesMax: number, horizonMs: number) {
    assert(recordsMax >= 1, 'read: asks for at least one record');
    this.nextOrdinal = fromOrdinal;
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
    this.#horizonMs = horizonMs;
  }

  /** Records still wanted. */
  get recordsRoom(): number {
    return this.#recordsMax - this.records;
  }

  /** Bytes still wanted, of data and partition keys. */
  get bytesRoom(): number {
    return Math.max(0, this.#bytesMax - this.bytes);
  }

  /** Takes what is wanted of a section; sections come in ordinal order. */
  add(section: Section): void {
    const end = section.baseOrdinal + section.count;
    if (this.full || end <= this.nextOrdinal) return;
    if (section.arrivalMs < this.#horizonMs) {
      this.nextOrdinal = end;
      this.passedHidden = true;
      return;
    }
    const skipped = Math.max(0, this.nextOrdinal - section.baseOrdinal);
    const wanted = section.count - skipped;
    const start = packedOffset(section.payload, skipped);
    const wantedBytes = recordBytes(section.payload.length - start, wanted);
    if (wanted <= this.recordsRoom && wantedBytes <= this.bytesRoom) {
      this.#take(section, skipped, start, section.payload.length, wanted);
    } else {
      this.#takeSome(section, skipped, start, wanted);
    }
    if (this.records >= this.#recordsMax || this.bytes >= this.#bytesMax) this.full = true;
  }

  /** A limit falls inside this section: walks its records up to it. */
  #takeSome(section: Section, skipped: number, start: number, wanted: number): void {
    this.full = true;
    const countMax = Math.min(wanted, this.recordsRoom);
    let bytesLeft = this.bytesRoom;
    let count = 0;
    let at = start;
    while (count < countMax) {
      const next = packedEnd(section.payload, at);
      bytesLeft -= next - at - packedHeaderBytes;
      if (bytesLeft < 0 && this.records + count > 0) break;
      at = next;
      count++;
    }
    if (count > 0) this.#take(section, skipped, start, at, count);
  }

  #take(section: Section, skipped: number, start: number, end: number, count: number): void {
    const whole = start === 0 && end === section.payload.length;
    this.sections.push(
      whole
        ? section
        : {
            shard: section.shard,
            baseOrdinal: section.baseOrdinal + skipped,
            count,
            arrivalMs: section.arrivalMs,
            keyId: section.keyId,
            payload: section.payload.subarray(start, end),
          },
    );
    this.nextOrdinal = section.baseOrdinal + skipped + count;
    this.records += count;
    this.bytes += recordBytes(end - start, count);
    this.lastArrivalMs = section.arrivalMs;
  }
}
