/**
 * A world for tests of delivery: shards as lists of records, buckets as maps, a clock moved by
 * hand, metadata that outlives the process, and a process that can die at any effect it has on
 * either.
 */
import assert from 'node:assert/strict';
import type { ChannelDocument } from '../model/channel.ts';
import type { PositionQuery, ReadOutcome, ReadRequest } from '../model/data-plane.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Compressor } from '../runtime/compressor.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import type { MetaOp, MetaStore } from '../storage/meta-store.ts';
import type { BucketObject, Buckets } from './bucket.ts';
import { BucketError } from './bucket.ts';
import { ChannelDeliveries, DELIVERY_DEFAULTS } from './channel-deliveries.ts';
import type { ChannelDeliveriesOptions } from './channel-deliveries.ts';
import type { RecordSource } from './record-source.ts';

export const ACCOUNT = '123456789012';
export const START_MS: number = Date.parse('2026-08-01T12:00:00.000Z');

/** A packed record with a partition key. */
export function packed(partitionKey: string, data: Uint8Array): Uint8Array {
  const key = Buffer.from(partitionKey);
  const record = Buffer.alloc(packedHeaderBytes + key.length + data.length);
  record.writeUInt32LE(data.length, 0);
  record.writeUInt16LE(key.length, 4);
  record.set(key, packedHeaderBytes);
  record.set(data, packedHeaderBytes + key.length);
  return record;
}

export class DeliveryWorld implements RecordSource, Buckets {
  nowMs: number = START_MS;
  channel: ChannelDocument | null;
  stream: StreamDocument;
  readonly sections: Map<ShardKey, Section[]> = new Map();
  /** Records that arrived before are gone. */
  horizonMs = 0;
  readonly objects: Map<string, BucketObject> = new Map();
  readonly warnings: string[] = [];
  readonly counts: Record<'delivered' | 'refused' | 'expired' | 'failures', number> = {
    delivered: 0,
    refused: 0,
    expired: 0,
    failures: 0,
  };
  /** What the bucket answers; null when it works. */
  refusal: string | null = null;
  /** Effects until the process dies; the next process lives on. */
  effectsLeft: number = Infinity;
  deaths = 0;
  dead = false;
  deliveries!: ChannelDeliveries;
  readonly image: MemoryMetaImage = new MemoryMetaImage();
  readonly options: ChannelDeliveriesOptions;

  constructor(
    settings: Partial<ChannelDocument> = {},
    options: Partial<ChannelDeliveriesOptions> = {},
  ) {
    this.options = { ...DELIVERY_DEFAULTS, ...options };
    this.stream = {
      account: ACCOUNT,
      name: 's',
      uid: 1,
      shards: [],
    } as unknown as StreamDocument;
    this.channel = { ...channelDocument(), ...settings };
    this.open();
  }

  /** A process starts on what the one before left. */
  open(): void {
    this.image.crash();
    this.dead = false;
    this.effectsLeft = Infinity;
    const clock = {
      now: () => this.nowMs,
      monotonic: () => this.nowMs,
      soon: (run: () => void) => setImmediate(run),
    } as unknown as Clock;
    const count = (name: keyof typeof this.counts) => (by: number) => {
      this.counts[name] += by;
    };
    this.deliveries = new ChannelDeliveries(
      {
        clock,
        meta: this.#mortal(MemoryMetaStore.open(this.image)),
        directory: {
          allChannels: () => (this.channel === null ? [] : [this.channel]),
          stream: () => this.stream,
        },
        source: this,
        buckets: this,
        compressor: {} as Compressor,
        metrics: {
          counts: () => ({
            delivered: count('delivered'),
            refused: count('refused'),
            expired: count('expired'),
            failures: count('failures'),
          }),
        },
        log: { warn: (_fields, text) => this.warnings.push(text) },
      },
      this.options,
    );
  }

  /** Time passes, delivery looks, and all it began ends. */
  async tick(passedMs = 0): Promise<void> {
    this.nowMs += passedMs;
    this.deliveries.tick();
    await this.deliveries.idle();
  }

  addShard(key: ShardKey, more: Partial<ShardDocument> = {}): void {
    const createdSeconds = Math.floor(START_MS / 1000) - 60;
    const shard = { key, index: key, volume: 0, createdSeconds, closedSeconds: null, ...more };
    this.sections.set(key, []);
    this.stream = { ...this.stream, shards: [...this.stream.shards, shard as ShardDocument] };
  }

  closeShard(key: ShardKey): void {
    const closedSeconds = Math.floor(this.nowMs / 1000);
    const closed = (shard: ShardDocument): ShardDocument =>
      shard.key === key ? { ...shard, closedSeconds } : shard;
    this.stream = { ...this.stream, shards: this.stream.shards.map(closed) };
  }

  append(key: ShardKey, ...texts: string[]): void {
    const sections = this.sections.get(key)!;
    const last = sections.at(-1);
    sections.push({
      shard: key,
      baseOrdinal: last === undefined ? 1 : last.baseOrdinal + last.count,
      count: texts.length,
      arrivalMs: this.nowMs,
      keyId: 0,
      payload: Buffer.concat(texts.map((text) => packed('p', Buffer.from(text)))),
    });
  }

  async read({ shard, fromOrdinal, recordsMax, bytesMax }: ReadRequest): Promise<ReadOutcome> {
    const document = this.stream.shards.find(({ key }) => key === shard);
    if (document === undefined) return { kind: 'gone' };
    const all = this.sections.get(shard)!.flatMap(oneByOne);
    const end = (all.at(-1)?.baseOrdinal ?? 0) + 1;
    const sections: Section[] = [];
    let bytes = 0;
    for (const one of all) {
      if (one.baseOrdinal < fromOrdinal || one.arrivalMs < this.horizonMs) continue;
      bytes += one.payload.length - packedHeaderBytes;
      if (sections.length > 0 && (bytes > bytesMax || sections.length === recordsMax)) break;
      sections.push(one);
    }
    const next = sections.length === 0 ? end : sections.at(-1)!.baseOrdinal + 1;
    const nextOrdinal = Math.max(fromOrdinal, next);
    const atEnd = document.closedSeconds !== null && nextOrdinal >= end;
    return { kind: 'records', sections, nextOrdinal, atEnd, millisBehindLatest: 0 };
  }

  async position(shard: ShardKey, query: PositionQuery): Promise<number> {
    const all = this.sections.get(shard)!.flatMap(oneByOne);
    const ms = query.kind === 'timestamp' ? Math.max(query.ms, this.horizonMs) : this.horizonMs;
    const found = all.find((one) => one.arrivalMs >= ms);
    return found?.baseOrdinal ?? (all.at(-1)?.baseOrdinal ?? 0) + 1;
  }

  async put(object: BucketObject): Promise<'stored' | 'exists'> {
    if (this.refusal !== null) throw new BucketError(this.refusal, 'injected');
    return this.#effect(async () => {
      const name = `${object.bucket.arn}/${object.key}`;
      const known = this.objects.get(name);
      if (known !== undefined) {
        assert.deepEqual(Buffer.from(known.body), Buffer.from(object.body), 'another content');
        return 'exists';
      }
      this.objects.set(name, object);
      return 'stored';
    });
  }

  async check(): Promise<void> {
    throw new Error('not used');
  }

  close(): void {
    throw new Error('not used');
  }

  /** Lines of all objects whose name matches, in the order of their names. */
  lines(name: RegExp): string[] {
    return [...this.objects.keys()]
      .filter((key) => name.test(key))
      .sort()
      .flatMap((key) => Buffer.from(this.objects.get(key)!.body).toString().trimEnd().split('\n'));
  }

  /** What the process does to the outside goes through here, so it can die before or after. */
  async #effect<T>(run: () => Promise<T>): Promise<T> {
    this.#live();
    const result = await run();
    this.#live();
    return result;
  }

  #live(): void {
    this.effectsLeft -= 1;
    if (this.effectsLeft === 0) {
      this.dead = true;
      this.deaths += 1;
    }
    if (this.dead) throw new Error('the process is dead');
  }

  #mortal(store: MetaStore): MetaStore {
    return {
      get: (key) => store.get(key),
      list: (prefix) => store.list(prefix),
      commit: (ops: readonly MetaOp[]) => this.#effect(() => store.commit(ops)),
      close: () => store.close(),
    };
  }
}

function oneByOne(section: Section): Section[] {
  const ones: Section[] = [];
  const payload = Buffer.from(section.payload);
  for (let at = 0, i = 0; i < section.count; i++) {
    const end = at + packedHeaderBytes + payload.readUInt16LE(at + 4) + payload.readUInt32LE(at);
    const baseOrdinal = section.baseOrdinal + i;
    ones.push({ ...section, baseOrdinal, count: 1, payload: payload.subarray(at, end) });
    at = end;
  }
  return ones;
}

export function channelDocument(): ChannelDocument {
  const bucket = { arn: 'arn:aws:s3:::archive', expectedOwner: ACCOUNT };
  return {
    account: ACCOUNT,
    id: 'c1',
    name: 'c',
    arn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:channel/c1`,
    status: 'ACTIVE',
    statusReason: null,
    settlesAtMs: null,
    createdMs: START_MS - 1000,
    activeAtMs: START_MS,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
    streamName: 's',
    streamUid: 1,
    streamArn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`,
    streamCreatedMs: START_MS - 60_000,
    format: 'JSON',
    destination: {
      bucket,
      compression: 'NONE',
      keyTemplate: 'data/{shardId}',
      storageClass: null,
      deadLetter: { ...bucket, prefix: 'errors/' },
      freshnessSeconds: 300,
    },
    kmsKeyId: null,
    logging: { enabled: true, group: 'g', stream: 's' },
    tags: {},
  };
}
