/**
 * One SubscribeToShard response: turns what the back end pushes into events on a response stream.
 *
 * Invariants: every event but the last of a shard has a ContinuationSequenceNumber and no
 * ChildShards, the last has ChildShards and no number; numbers only move forward; an event goes out
 * at least every five seconds while the peer takes them; after five minutes the stream ends in the
 * regular way, and before its next event once the consumer is deregistered. Subscribers at the same
 * place of a shard are sent the very same bytes.
 */
import type { Follower, FollowFailure, Following, RecordsOutcome } from '../model/data-plane.ts';
import { SUBSCRIPTION_HEARTBEAT_MS, SUBSCRIPTION_LIFE_MS } from '../model/limits.ts';
import { inUse, notFound } from '../model/messages.ts';
import { sequenceNumber } from '../model/sequence-number.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { ShardEntry } from '../shardmap/shard-map.ts';
import { describeChild } from './descriptions.ts';
import { wholeBody } from './paced-body.ts';
import type { PacedBody } from './paced-body.ts';
import { encodeEvent, encodeException, initialResponse } from './protocol/event-stream.ts';
import { encodeRecordsJson } from './protocol/get-records-answer.ts';
import type { ResponseStream } from './response-stream.ts';

export interface SubscriptionDependencies {
  readonly clock: Clock;
  /** The shard as the map has it now; undefined once it is gone. */
  currentShard(): ShardEntry | undefined;
  /** Whether the consumer is still registered. */
  consumerStays(): boolean;
}

export interface SubscriptionOptions {
  readonly shard: ShardEntry;
  /** Ordinal of the first record wanted. */
  readonly fromOrdinal: number;
  readonly consumerName: string;
  readonly consumerArn: string;
}

/** How long a subscriber without records waits for its first event, which marks its place. */
const firstEventMs = 50;
/** Pushed before the response began, at most; the back end is asked to wait after the first. */
const early = 2;

/** Events by the outcome they were made from: followers at one place share the outcome. */
const shared = new WeakMap<RecordsOutcome, Uint8Array>();

export class Subscription implements Follower {
  readonly #deps: SubscriptionDependencies;
  readonly #options: SubscriptionOptions;
  #following: Following | null = null;
  #stream: ResponseStream | null = null;
  /** Messages made before the response began. */
  #waiting: Uint8Array[] = [];
  #ended = false;
  #hasRoom = true;
  #nextOrdinal: number;
  #behindMs = 0;
  #heartbeat: Timer | null = null;
  #life: Timer | null = null;

  constructor(deps: SubscriptionDependencies, options: SubscriptionOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#nextOrdinal = options.fromOrdinal;
  }

  /** The back end has taken this follower in. */
  attach(following: Following): void {
    this.#following = following;
  }

  /** The response begins; from here on the subscription owns it. */
  start(stream: ResponseStream): void {
    this.#stream = stream;
    stream.onClose(() => this.#release());
    stream.onDrain(() => this.#drained());
    stream.write(initialResponse);
    for (const message of this.#waiting.splice(0)) this.#hasRoom = stream.write(message);
    if (this.#ended) {
      stream.end();
      return;
    }
    this.#life = this.#deps.clock.after(SUBSCRIPTION_LIFE_MS, () => this.#finish());
    this.#beatIn(firstEventMs);
    if (this.#hasRoom) this.#following?.resume();
  }

  deliver(records: RecordsOutcome): boolean {
    if (this.#leave()) return false;
    this.#nextOrdinal = records.nextOrdinal;
    this.#behindMs = records.millisBehindLatest;
    this.#send(this.#event(records));
    if (records.atEnd) this.#finish();
    else if (this.#stream !== null) this.#beatIn(SUBSCRIPTION_HEARTBEAT_MS);
    return this.#stream === null ? this.#waiting.length < early : this.#hasRoom;
  }

  fail(failure: FollowFailure): void {
    const [type, text] = this.#exception(failure);
    this.#send(encodeException(type, text));
    this.#finish();
  }

  #event(records: RecordsOutcome): Uint8Array {
    const known = shared.get(records);
    if (known !== undefined) return known;
    const { sections } = records;
    const arrivalMs = sections.at(-1)?.arrivalMs ?? this.#deps.clock.now();
    const children = records.atEnd ? this.#children() : undefined;
    const event = recordsEvent(
      encodeRecordsJson({
        shard: this.#options.shard.document,
        sections,
        rest: {
          ContinuationSequenceNumber: records.atEnd ? undefined : this.#place(arrivalMs),
          MillisBehindLatest: records.millisBehindLatest,
          ChildShards: children,
        },
      }),
    );
    shared.set(records, event);
    return event;
  }

  #children(): readonly object[] {
    const entry = this.#deps.currentShard() ?? this.#options.shard;
    return entry.children.map(describeChild);
  }

  /** The number of the record before the place: a new subscription goes on after it. */
  #place(arrivalMs: number): string {
    const { createdSeconds, index } = this.#options.shard.document;
    const ordinal = Math.max(0, this.#nextOrdinal - 1);
    const seconds = Math.max(createdSeconds, Math.floor(arrivalMs / 1000));
    return sequenceNumber(createdSeconds, index, ordinal, seconds);
  }

  #exception(failure: FollowFailure): [type: string, text: string] {
    const { document, stream } = this.#options.shard;
    switch (failure.kind) {
      case 'taken-over': {
        const text = inUse.subscribed(stream.document, document.index, this.#options.consumerName);
        return ['ResourceInUseException', text];
      }
      case 'gone':
        return ['ResourceNotFoundException', notFound.shard(document.index, stream.document)];
      case 'key':
        return [failure.code, failure.text];
      case 'corrupt':
        return ['InternalFailureException', 'Internal Service Failure'];
    }
  }

  #send(message: Uint8Array): void {
    if (this.#ended) return;
    if (this.#stream === null) this.#waiting.push(message);
    else this.#hasRoom = this.#stream.write(message);
  }

  #drained(): void {
    this.#hasRoom = true;
    this.#following?.resume();
  }

  #beatIn(delayMs: number): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#deps.clock.after(delayMs, () => {
      if (this.#leave()) return;
      // A peer that takes nothing has enough to read already.
      if (this.#hasRoom) this.#send(this.#emptyEvent());
      if (!this.#ended) this.#beatIn(SUBSCRIPTION_HEARTBEAT_MS);
    });
  }

  #emptyEvent(): Uint8Array {
    const rest = {
      ContinuationSequenceNumber: this.#place(this.#deps.clock.now()),
      MillisBehindLatest: this.#behindMs,
    };
    const { document } = this.#options.shard;
    return recordsEvent(encodeRecordsJson({ shard: document, sections: [], rest }));
  }

  /** Tells and ends when the consumer is gone; true then. */
  #leave(): boolean {
    if (this.#deps.consumerStays()) return false;
    const { account } = this.#options.shard.stream.document;
    const text = notFound.consumer(this.#options.consumerArn, account);
    this.#send(encodeException('ResourceNotFoundException', text));
    this.#finish();
    return true;
  }

  /** Ends the response in the regular way, after what was sent. */
  #finish(): void {
    this.#release();
    this.#stream?.end();
  }

  #release(): void {
    this.#ended = true;
    this.#heartbeat?.cancel();
    this.#life?.cancel();
    this.#following?.stop();
  }
}

function recordsEvent(body: PacedBody): Uint8Array {
  return encodeEvent([wholeBody(body)]);
}
