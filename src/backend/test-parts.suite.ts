/**
 * Parts for tests of back end and router: a store whose commits are released by hand, a clock moved
 * by hand, a shard map that is simply set, and packed records.
 */
import { assert } from '../common/assert.ts';
import { crc32 } from '../common/crc32.ts';
import { DataKeys } from '../keys/data-keys.ts';
import type { GeneratedDataKey, KeyProvider } from '../keys/key-provider.ts';
import type { FollowFailure, Follower, RecordsOutcome } from '../model/data-plane.ts';
import { packedHeaderBytes, type RecordBatch } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { openShardTable } from '../shardmap/shard-map.ts';
import type { ShardEntry, ShardMapView, StreamEntry } from '../shardmap/shard-map.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import { unknownSum } from '../storage/section-batch.ts';
import type { SectionBatch } from '../storage/section-batch.ts';
import type { SectionRun, ShardBounds, VolumeStore } from '../storage/volume-store.ts';

export class ManualClock implements Clock {
  ms = 1_800_000_000_000;
  now(): number {
    return Math.floor(this.ms);
  }
  monotonic(): number {
    return this.ms;
  }
  after(): Timer {
    throw new Error('not used');
  }
  every(): Timer {
    throw new Error('not used');
  }
  soon(): void {
    throw new Error('not used');
  }
  sleep(): Promise<void> {
    throw new Error('not used');
  }
}

interface PendingCommit {
  readonly sections: readonly Section[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The sections of a batch, with payloads of their own. */
function sectionsOf(batch: SectionBatch): Section[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const { gather, pieceStarts, pieceEnds, firstPieces } = batch;
    const gathered = new Uint8Array(batch.payloadBytes[i]!);
    const whole = batch.payloads?.[i] ?? gathered;
    if (whole === gathered) {
      gather(pieceStarts, pieceEnds, firstPieces[i]!, firstPieces[i + 1]!, gathered, 0);
    }
    assert(whole.length === batch.payloadBytes[i], 'a section has the bytes it says');
    const sum = batch.payloadSums[i]!;
    assert(sum === unknownSum || sum === crc32(whole), 'a section has the checksum it says');
    return {
      shard: batch.shards[i]!,
      baseOrdinal: batch.baseOrdinals[i]!,
      count: batch.counts[i]!,
      arrivalMs: batch.arrivalMs[i]!,
      keyId: batch.keyIds[i]!,
      payload: Uint8Array.from(whole),
    };
  });
}

/** Keeps sections in memory. Commits at once, or when told to while `held`. */
export class HeldStore implements VolumeStore {
  held = false;
  /** Answers reads with promises, as a store that goes to disk does. */
  slow = false;
  blockedFrom: number = Infinity;
  readonly pending: PendingCommit[] = [];
  readonly #shards = new Map<ShardKey, Section[]>();

  append(given: readonly Section[] | SectionBatch): Promise<void> {
    const sections = 'shards' in given ? sectionsOf(given) : given;
    return new Promise((resolve, reject) => {
      this.pending.push({ sections, resolve, reject });
      if (!this.held) this.release();
    });
  }

  release(): void {
    for (const { sections, resolve } of this.pending.splice(0)) {
      for (const section of sections) {
        const known = this.#shards.get(section.shard);
        if (known === undefined) this.#shards.set(section.shard, [section]);
        else known.push(section);
      }
      resolve();
    }
  }

  fail(error: Error): void {
    for (const { reject } of this.pending.splice(0)) reject(error);
  }

  read(
    shard: ShardKey,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): SectionRun | Promise<SectionRun> {
    const sections: Section[] = [];
    let records = 0;
    let bytes = 0;
    let blocked = false;
    for (const section of this.#shards.get(shard) ?? []) {
      if (section.baseOrdinal + section.count <= fromOrdinal) continue;
      if (section.baseOrdinal >= this.blockedFrom) {
        blocked = true;
        break;
      }
      if (sections.length > 0 && (records >= recordsMax || bytes >= bytesMax)) break;
      sections.push(section);
      records += section.count;
      bytes += section.payload.length;
    }
    const run = { sections, blocked };
    return this.slow ? Promise.resolve(run) : run;
  }

  seekTime(shard: ShardKey, ms: number): number {
    const first = (this.#shards.get(shard) ?? []).find((section) => section.arrivalMs >= ms);
    return first?.baseOrdinal ?? this.bounds(shard).next;
  }

  bounds(shard: ShardKey): ShardBounds {
    const sections = this.#shards.get(shard) ?? [];
    const last = sections.at(-1);
    if (last === undefined) return { oldest: 1, next: 1, lastArrivalMs: 0 };
    return {
      oldest: sections[0]!.baseOrdinal,
      next: last.baseOrdinal + last.count,
      lastArrivalMs: last.arrivalMs,
    };
  }

  onCommitted(): () => void {
    return () => undefined;
  }

  /** What the last `retain` was told of each shard. */
  readonly horizons: Map<ShardKey, number> = new Map<ShardKey, number>();
  retain(horizonMs: (shard: ShardKey) => number): Promise<void> {
    for (const shard of this.#shards.keys()) this.horizons.set(shard, horizonMs(shard));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class FixedMap implements ShardMapView {
  version = 1;
  readonly #streams = new Map<number, StreamEntry>();
  readonly #listeners = new Set<(uid: number, entry: StreamEntry | null) => void>();

  stream(account: string, name: string): StreamEntry | undefined {
    for (const entry of this.#streams.values()) {
      if (entry.document.account === account && entry.document.name === name) return entry;
    }
    return undefined;
  }
  streamByUid(uid: number): StreamEntry | undefined {
    return this.#streams.get(uid);
  }
  shard(key: number): ShardEntry | undefined {
    for (const stream of this.#streams.values()) {
      for (const entry of stream.byIndex.values()) if (entry.document.key === key) return entry;
    }
    return undefined;
  }
  onChange(listener: (uid: number, entry: StreamEntry | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  set(document: StreamDocument): StreamEntry {
    this.version++;
    const entry = entryOf(document, this.version);
    this.#streams.set(document.uid, entry);
    for (const listener of this.#listeners) listener(document.uid, entry);
    return entry;
  }
  remove(uid: number): void {
    this.version++;
    this.#streams.delete(uid);
    for (const listener of this.#listeners) listener(uid, null);
  }
}

function entryOf(document: StreamDocument, version: number): StreamEntry {
  const byIndex = new Map<number, ShardEntry>();
  const open: ShardEntry[] = [];
  const starts: number[] = [];
  const stream: StreamEntry = {
    document,
    version,
    open: openShardTable(new Uint32Array(0), []),
    byIndex,
  };
  for (const shard of document.shards) {
    const entry = { document: shard, stream, children: [] };
    byIndex.set(shard.index, entry);
    if (shard.closedSeconds === null) open.push(entry);
  }
  open.sort((a, b) =>
    BigInt(a.document.startingHashKey) < BigInt(b.document.startingHashKey) ? -1 : 1,
  );
  for (const { document: shard } of open) {
    for (const shift of [96n, 64n, 32n, 0n]) {
      starts.push(Number((BigInt(shard.startingHashKey) >> shift) & 0xffffffffn));
    }
  }
  return Object.assign(stream, { open: openShardTable(Uint32Array.from(starts), open) });
}

/** Shards that split the key space evenly; keys from `firstKey` on. */
export function evenShards(count: number, firstKey: number, volume = 0): ShardDocument[] {
  const width = 2n ** 128n / BigInt(count);
  return Array.from({ length: count }, (_, i) => ({
    key: firstKey + i,
    index: i,
    volume,
    startingHashKey: String(width * BigInt(i)),
    endingHashKey: String(i === count - 1 ? 2n ** 128n - 1n : width * BigInt(i + 1) - 1n),
    createdSeconds: 1_700_000_000,
    closedSeconds: null,
    parent: null,
    adjacentParent: null,
  }));
}

export function streamDocument(part: Partial<StreamDocument> = {}): StreamDocument {
  return {
    account: '000000000000',
    name: 's',
    arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
    uid: 1,
    status: 'ACTIVE',
    settlesAtMs: null,
    mode: 'PROVISIONED',
    createdMs: 1_700_000_000_000,
    retention: { hours: 24, hiddenBeforeMs: 0 },
    encryption: null,
    shardLevelMetrics: [],
    maxRecordSizeKiB: 1024,
    distribution: 'USER_PARTITION_KEY',
    warmThroughputMiBps: null,
    tags: {},
    nextShardIndex: 1,
    shards: evenShards(1, 1),
    ...part,
  };
}

/** A batch of records with these texts as data; record i has hash key `keys[i]`. */
export function batchOf(texts: readonly string[], keys?: readonly bigint[]): RecordBatch {
  const parts = texts.map((text, i) => packRecord(`k${i}`, Buffer.from(text)));
  const offsets = new Uint32Array(texts.length + 1);
  parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length));
  const hashKeys = new Uint32Array(texts.length * 4);
  texts.forEach((_, i) => {
    const key = keys?.[i] ?? 0n;
    for (let w = 0; w < 4; w++) {
      hashKeys[i * 4 + w] = Number((key >> BigInt(96 - 32 * w)) & 0xffffffffn);
    }
  });
  return { count: texts.length, packed: new Uint8Array(Buffer.concat(parts)), offsets, hashKeys };
}

export function packRecord(key: string, data: Uint8Array): Uint8Array {
  const keyBytes = Buffer.from(key);
  const out = Buffer.alloc(packedHeaderBytes + keyBytes.length + data.length);
  out.writeUInt32LE(data.length, 0);
  out.writeUInt16LE(keyBytes.length, 4);
  keyBytes.copy(out, packedHeaderBytes);
  out.set(data, packedHeaderBytes + keyBytes.length);
  return out;
}

/** The data of all records of sections, as texts. */
export function textsOf(sections: readonly Section[]): string[] {
  const texts: string[] = [];
  for (const { payload } of sections) {
    const bytes = Buffer.from(payload);
    for (let at = 0; at < bytes.length;) {
      const data = at + packedHeaderBytes + bytes.readUInt16LE(at + 4);
      const end = data + bytes.readUInt32LE(at);
      texts.push(bytes.toString('utf8', data, end));
      at = end;
    }
  }
  return texts;
}

/** Wraps by doing nothing; can be disabled. */
export class OneKey implements KeyProvider {
  disabled = false;
  #revision = 1;

  setDisabled(disabled: boolean): void {
    this.disabled = disabled;
    this.#revision++;
  }
  generateDataKey(): Promise<GeneratedDataKey> {
    const plain = new NodeRandom().bytes(32);
    return Promise.resolve({ plain, wrapped: plain, keyArn: 'arn' });
  }
  unwrap(_keyArn: string, wrapped: Uint8Array): Promise<Uint8Array> {
    if (this.disabled) throw new ServiceError('KMSDisabledException', 'arn is disabled.');
    return Promise.resolve(wrapped);
  }
  revision(): number {
    return this.#revision;
  }
}

export function keysWith(provider: KeyProvider, clock: Clock): DataKeys {
  const meta = MemoryMetaStore.open(new MemoryMetaImage());
  const random = new NodeRandom();
  return new DataKeys({ meta, provider, clock, random }, { cacheMs: 60_000, cachedMax: 10 });
}

/** A follower that keeps what it is told; it has room for `roomFor` deliveries. */
export class Recorder implements Follower {
  readonly deliveries: RecordsOutcome[] = [];
  readonly failures: FollowFailure[] = [];
  roomFor: number = Infinity;
  deliver(records: RecordsOutcome): boolean {
    this.deliveries.push(records);
    return --this.roomFor > 0;
  }
  fail(failure: FollowFailure): void {
    this.failures.push(failure);
  }
  get texts(): string[] {
    return this.deliveries.flatMap((outcome) => textsOf(outcome.sections));
  }
}
