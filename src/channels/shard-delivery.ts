/**
 * Delivery of one shard of one channel: reads on, closes a batch when it is old or large enough,
 * writes it down, puts its object, crosses it off.
 *
 * Invariant: every record from the channel's start on is in exactly one object, whenever the
 * process ends. Nothing but the ledger is relied on: after any failure all that is known is thrown
 * away and read again, so going on after an error and after a restart are the same.
 */
import type { ChannelDocument } from '../model/channel.ts';
import { ORDINAL_FIRST, sequenceNumber } from '../model/sequence-number.ts';
import { deadLetterKey, objectKey } from '../model/object-key.ts';
import { recordBytes } from '../model/packed.ts';
import { shardId } from '../model/shard-id.ts';
import type { ReadOutcome, RecordsOutcome } from '../model/data-plane.ts';
import type { ShardDocument } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Compressor } from '../runtime/compressor.ts';
import type { Buckets } from './bucket.ts';
import type { DeliveryIntent, DeliveryLedger, ShardPosition } from './delivery-ledger.ts';
import type { StoredPosition } from './delivery-ledger.ts';
import type { ChannelCounts } from './delivery-metrics.ts';
import { compressed, ObjectBody, objectForm } from './object-body.ts';
import type { RecordSource } from './record-source.ts';

export interface ShardDeliveryDependencies {
  readonly clock: Clock;
  readonly source: RecordSource;
  readonly ledger: DeliveryLedger;
  readonly buckets: Buckets;
  readonly compressor: Compressor;
  readonly counts: ChannelCounts;
  /** Told of every failure. */
  readonly failed: (shard: ShardDocument, error: unknown) => void;
}

export interface ShardDeliveryOptions {
  /** How often `step` is called, ms: a batch that would be too old by the next time is closed. */
  readonly periodMs: number;
  /** Data and partition keys of a batch; one record more may be in it. */
  readonly objectBytesMax: number;
  /** Of data and partition keys, read in one go. */
  readonly readBytes: number;
  readonly readRecordsMax: number;
  /** Pause after a first failure, ms; doubles up to the greatest. */
  readonly retryMs: number;
  readonly retryMsMax: number;
}

/** What has been read of the batch that is not closed yet. Only counted, never kept. */
interface Scan {
  /** Ordinal to read on at. */
  next: number;
  records: number;
  bytes: number;
  first: RecordPlace | null;
  last: RecordPlace | null;
  atEnd: boolean;
}

interface RecordPlace {
  readonly ordinal: number;
  readonly arrivalMs: number;
}

export class ShardDelivery {
  readonly #deps: ShardDeliveryDependencies;
  readonly #options: ShardDeliveryOptions;
  readonly #shard: ShardDocument;
  #stored: StoredPosition | null = null;
  #scan: Scan | null = null;
  #oldestArrivalMs: number | null = null;
  #failures = 0;
  /** Monotonic; nothing is tried before. */
  #retryAtMs = -Infinity;
  #stopped = false;

  constructor(
    deps: ShardDeliveryDependencies,
    options: ShardDeliveryOptions,
    shard: ShardDocument,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#shard = shard;
  }

  /** Arrival of the oldest record known not to be delivered, epoch ms; null when there is none. */
  get oldestArrivalMs(): number | null {
    return this.#oldestArrivalMs;
  }

  /** Whether the last try failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Delivers what is due. Called again and again, one call at a time; never rejects. */
  async step(channel: ChannelDocument): Promise<void> {
    if (this.#stored?.position.done || this.#deps.clock.monotonic() < this.#retryAtMs) return;
    try {
      await this.#advance(channel);
      this.#failures = 0;
    } catch (error) {
      this.#stored = null;
      this.#scan = null;
      const { retryMs, retryMsMax } = this.#options;
      const pauseMs = Math.min(retryMs * 2 ** this.#failures, retryMsMax);
      this.#failures += 1;
      this.#retryAtMs = this.#deps.clock.monotonic() + pauseMs;
      this.#deps.counts.failures(1);
      this.#deps.failed(this.#shard, error);
    }
  }

  async #advance(channel: ChannelDocument): Promise<void> {
    const { ledger } = this.#deps;
    this.#stored ??= await ledger.get(channel.id, this.#shard.key);
    if (this.#stored === null) {
      const next = await this.#start(channel);
      await this.#store(channel, { next, intent: null, done: false });
    }
    while (!this.#stopped && !this.#stored!.position.done) {
      const { position } = this.#stored!;
      const intent = position.intent ?? (await this.#nextIntent(channel, position));
      if (intent === null || this.#stopped) return;
      this.#oldestArrivalMs = intent.firstArrivalMs;
      await this.#deliver(channel, intent);
      this.#scan = null;
      await this.#store(channel, { next: intent.to, intent: null, done: false });
      this.#oldestArrivalMs = null;
    }
  }

  async #store(channel: ChannelDocument, position: ShardPosition): Promise<void> {
    const { ledger } = this.#deps;
    this.#stored = await ledger.put(channel.id, this.#shard.key, this.#stored, position);
  }

  /** A channel begins with what arrives once it is ACTIVE; shards made later, with all of it. */
  async #start({ activeAtMs }: ChannelDocument): Promise<number> {
    const { key, createdSeconds } = this.#shard;
    if (activeAtMs === null || createdSeconds * 1000 > activeAtMs) return ORDINAL_FIRST;
    const query = { kind: 'timestamp', ms: activeAtMs } as const;
    const ordinal = await this.#deps.source.position(key, query);
    if (ordinal === null) throw new Error('records cannot be read: gone');
    return ordinal;
  }

  /** Reads on; the batch to deliver, written down, or null when none is due. */
  async #nextIntent(
    channel: ChannelDocument,
    position: ShardPosition,
  ): Promise<DeliveryIntent | null> {
    this.#scan ??= newScan(position.next);
    const scan = this.#scan;
    await this.#readOn(scan);
    this.#oldestArrivalMs = scan.first?.arrivalMs ?? null;
    if (scan.first === null || scan.last === null) {
      if (scan.atEnd) await this.#store(channel, { next: scan.next, intent: null, done: true });
      return null;
    }
    const ageMs = this.#deps.clock.now() - scan.first.arrivalMs;
    const ageMsMax = channel.destination.freshnessSeconds * 1000 - this.#options.periodMs;
    const full = scan.bytes >= this.#options.objectBytesMax;
    if (!full && !scan.atEnd && ageMs < ageMsMax) return null;
    const keys = this.#keys(channel, scan.first, scan.last);
    const intent = {
      from: position.next,
      to: scan.next,
      records: scan.records,
      firstArrivalMs: scan.first.arrivalMs,
      ...keys,
    };
    await this.#store(channel, { next: position.next, intent, done: false });
    return intent;
  }

  #keys(
    channel: ChannelDocument,
    first: RecordPlace,
    last: RecordPlace,
  ): Pick<DeliveryIntent, 'key' | 'deadLetterKey'> {
    const { destination, format } = channel;
    const { index, createdSeconds } = this.#shard;
    const number = ({ ordinal, arrivalMs }: RecordPlace): string =>
      sequenceNumber(createdSeconds, index, ordinal, Math.floor(arrivalMs / 1000));
    const parts = {
      channelName: channel.name,
      channelId: channel.id,
      streamName: channel.streamName,
      shardId: shardId(index),
      firstSequenceNumber: number(first),
      lastSequenceNumber: number(last),
      timeMs: first.arrivalMs,
    };
    const { suffix } = objectForm(format, destination.compression);
    return {
      key: objectKey(destination.keyTemplate, parts, suffix),
      deadLetterKey: deadLetterKey(destination.deadLetter.prefix, parts),
    };
  }

  /** Counts records until the batch is full or there are no more for now. */
  async #readOn(scan: Scan): Promise<void> {
    const { readBytes, objectBytesMax } = this.#options;
    while (scan.bytes < objectBytesMax && !this.#stopped) {
      const bytesMax = Math.min(readBytes, objectBytesMax - scan.bytes);
      const outcome = await this.#read(scan.next, this.#options.readRecordsMax, bytesMax);
      await this.#countExpired(scan.next, outcome);
      for (const section of outcome.sections) {
        const { baseOrdinal, count, arrivalMs, payload } = section;
        scan.first ??= { ordinal: baseOrdinal, arrivalMs };
        scan.last = { ordinal: baseOrdinal + count - 1, arrivalMs };
        scan.records += count;
        scan.bytes += recordBytes(payload.length, count);
      }
      const moved = outcome.nextOrdinal > scan.next;
      scan.next = outcome.nextOrdinal;
      scan.atEnd = outcome.atEnd;
      if (outcome.atEnd || !moved) return;
      await this.#turn();
    }
  }

  /** Records that retention took before they were read. */
  async #countExpired(from: number, outcome: RecordsOutcome): Promise<void> {
    const first = outcome.sections[0]?.baseOrdinal ?? outcome.nextOrdinal;
    if (first <= from) return;
    const query = { kind: 'trim-horizon' } as const;
    const horizon = await this.#deps.source.position(this.#shard.key, query);
    this.#deps.counts.expired(Math.max(0, Math.min(first, horizon ?? first) - from));
  }

  async #deliver(channel: ChannelDocument, intent: DeliveryIntent): Promise<void> {
    const { buckets, compressor, counts } = this.#deps;
    const { destination, format, kmsKeyId } = channel;
    const body = await this.#collect(channel, intent);
    if (body.records > 0) {
      await buckets.put({
        bucket: destination.bucket,
        key: intent.key,
        body: await compressed(compressor, destination.compression, body.body()),
        contentType: objectForm(format, destination.compression).contentType,
        storageClass: destination.storageClass,
        kmsKeyId,
      });
    }
    if (body.deadRecords > 0) {
      await buckets.put({
        bucket: destination.deadLetter,
        key: intent.deadLetterKey,
        body: body.deadBody(),
        contentType: 'application/x-ndjson',
        storageClass: null,
        kmsKeyId,
      });
    }
    counts.delivered(body.records);
    counts.refused(body.deadRecords);
    counts.expired(Math.max(0, intent.records - body.records - body.deadRecords));
  }

  /** Reads a batch again, from the ledger's word on it alone. */
  async #collect(channel: ChannelDocument, { from, to }: DeliveryIntent): Promise<ObjectBody> {
    const body = new ObjectBody(channel.format, this.#shard);
    for (let next = from; next < to;) {
      const recordsMax = Math.min(to - next, this.#options.readRecordsMax);
      const outcome = await this.#read(next, recordsMax, this.#options.readBytes);
      for (const section of outcome.sections) body.add(section, to);
      if (outcome.nextOrdinal <= next) break;
      next = outcome.nextOrdinal;
      await this.#turn();
    }
    return body;
  }

  async #read(fromOrdinal: number, recordsMax: number, bytesMax: number): Promise<RecordsOutcome> {
    const request = { shard: this.#shard.key, fromOrdinal, recordsMax, bytesMax };
    const outcome = await this.#deps.source.read(request);
    if (outcome.kind === 'records') return outcome;
    throw new Error(problemOf(outcome));
  }

  /** Lets others run between two pieces of work. */
  #turn(): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.soon(resolve));
  }
}

function newScan(next: number): Scan {
  return { next, records: 0, bytes: 0, first: null, last: null, atEnd: false };
}

function problemOf(outcome: Exclude<ReadOutcome, { kind: 'records' }>): string {
  return outcome.kind === 'key'
    ? `${outcome.code}: ${outcome.text}`
    : `records cannot be read: ${outcome.kind}`;
}
