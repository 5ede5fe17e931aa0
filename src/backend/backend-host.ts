/**
 * Serves a back end to the front end at the other end of a link.
 *
 * Invariants: nothing is queued here without a bound; what is over one is refused at once, without
 * having had any effect. A front end that goes away takes its followers with it, and what it had
 * appended is stored all the same. Followers at one place of a shard are sent its records once.
 */
import { freshBuffers } from '../common/buffer-pool.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { MessageReader } from '../common/message-reader.ts';
import { MessageError } from '../common/message-reader.ts';
import { appendKinds } from '../model/data-plane.ts';
import type {
  AppendFailure,
  Backend,
  Follower,
  FollowFailure,
  Following,
  ReadOutcome,
  RecordsOutcome,
  ShardAppends,
} from '../model/data-plane.ts';
import type { Answer, Rpc } from '../runtime/rpc.ts';
import type { Borrowed, Borrower } from '../runtime/shown-bodies.ts';
import { movedOutcomes } from './append-parts.ts';
import {
  dataKinds,
  readAppends,
  readPosition,
  readReturned,
  writeAppendOutcomes,
  writePositionAnswer,
} from './wire.ts';
import { borrowedAppends, readLentAppends } from './wire-lent.ts';
import {
  payloadBytes,
  readFollow,
  readRead,
  writeFollowAnswer,
  writeFollowFailure,
  writeReadOutcome,
  writeRecords,
} from './wire-records.ts';

export interface BackendHostOptions {
  /** Payload bytes of one link's appends that are not answered yet. */
  readonly appendBytesMax: number;
  /** Payload bytes read for one link that it has not taken yet. */
  readonly readBytesMax: number;
  /** Subscriptions of one link. */
  readonly followersMax: number;
  /** Deliveries to one subscription that it has not taken yet. */
  readonly deliveriesMax: number;
}

const MIB = 1024 * 1024;

export const BACKEND_HOST_DEFAULTS: BackendHostOptions = {
  appendBytesMax: 64 * MIB,
  readBytesMax: 64 * MIB,
  followersMax: 50_000,
  deliveriesMax: 2,
};

export interface BackendHostDependencies {
  readonly backend: Backend;
  readonly rpc: Rpc;
  /** For records that are read. */
  readonly buffers: Buffers;
  /** Of memory in which the front end has records. */
  readonly borrower: Borrower;
}

const busy: AppendFailure = {
  kind: 'unavailable',
  reason: 'too many bytes of this front end wait to be written',
};
const noLonger: AppendFailure = {
  kind: 'unavailable',
  reason: 'the front end did not wait for it',
};

export class BackendHost {
  readonly #backend: Backend;
  readonly #rpc: Rpc;
  readonly #buffers: Buffers;
  readonly #borrower: Borrower;
  readonly #options: BackendHostOptions;
  readonly #followers = new Map<number, RemoteFollower>();
  /** Outcomes that are part of the message being written, by their number in it. */
  readonly #sent = new Map<RecordsOutcome, number>();
  #appendBytes = 0;
  #readBytes = 0;

  constructor(dependencies: BackendHostDependencies, options: BackendHostOptions) {
    const { backend, rpc, buffers, borrower } = dependencies;
    this.#backend = backend;
    this.#rpc = rpc;
    this.#buffers = buffers;
    this.#borrower = borrower;
    this.#options = options;
    rpc.serve(dataKinds.append, (body, answer) => this.#append(body, answer));
    rpc.serve(dataKinds.appendLent, (body, answer) => this.#appendLent(body, answer));
    rpc.serve(dataKinds.read, (body, answer) => this.#read(body, answer));
    rpc.serve(dataKinds.position, (body, answer) => this.#position(body, answer));
    rpc.serve(dataKinds.follow, (body, answer) => this.#follow(body, answer));
    rpc.hear(dataKinds.credit, (body) => this.#followers.get(body.u32())?.taken());
    rpc.hear(dataKinds.unfollow, (body) => this.#followers.get(body.u32())?.stop());
    rpc.hear(dataKinds.readTaken, (body) => this.#readTaken(body.whole()));
    rpc.hear(dataKinds.returned, (body) => {
      const buffer = readReturned(body);
      if (buffer !== null) buffers.give(buffer);
    });
    rpc.onFlush(() => this.#sent.clear());
    rpc.onClose(() => {
      for (const follower of [...this.#followers.values()]) follower.stop();
    });
  }

  /** Subscriptions served. */
  get followerCount(): number {
    return this.#followers.size;
  }

  /** Payload bytes that were read and are not taken yet. */
  get readBytes(): number {
    return this.#readBytes;
  }

  #append(body: MessageReader, answer: Answer): void {
    const { appends, buffer } = readAppends(body);
    if (this.#isOver(appends.packed.length)) sendFailure(answer, appends, busy, buffer);
    else void this.#appended(appends, buffer, null, answer);
  }

  #appendLent(body: MessageReader, answer: Answer): void {
    const lent = readLentAppends(body);
    if (this.#isOver(lent.packedBytes)) {
      sendFailure(answer, lent, busy, null);
      return;
    }
    const borrowed = this.#borrower.borrow(lent.loan);
    if (borrowed === null) {
      sendFailure(answer, lent, noLonger, null);
      return;
    }
    try {
      void this.#appended(borrowedAppends(lent, borrowed), null, borrowed, answer);
    } catch (error) {
      borrowed.giveBack();
      throw error;
    }
  }

  /** Whether so many bytes more would be too many. */
  #isOver(bytes: number): boolean {
    return this.#appendBytes > 0 && this.#appendBytes + bytes > this.#options.appendBytesMax;
  }

  /** What was borrowed is given back before the front end hears of it. */
  async #appended(
    appends: ShardAppends,
    buffer: Uint8Array | null,
    borrowed: Borrowed | null,
    answer: Answer,
  ): Promise<void> {
    const bytes = appends.packed.length;
    this.#appendBytes += bytes;
    try {
      const outcomes = await this.#backend.append(appends);
      borrowed?.giveBack();
      answer.send((writer) => writeAppendOutcomes(writer, outcomes, buffer));
    } catch (error) {
      borrowed?.giveBack();
      answer.refuse('failed', String(error));
    } finally {
      this.#appendBytes -= bytes;
    }
  }

  #read(body: MessageReader, answer: Answer): void {
    const request = readRead(body);
    if (this.#readBytes >= this.#options.readBytesMax) {
      answer.refuse('busy', `${this.#readBytes} bytes that were read are not taken yet`);
      return;
    }
    const outcome = this.#backend.read(request);
    if (!(outcome instanceof Promise)) {
      this.#answerRead(outcome, answer);
      return;
    }
    // What will be read counts already, so that many reads from disk do not pass the bound
    // together.
    this.#readBytes += request.bytesMax;
    outcome
      .then(
        (later) => this.#answerRead(later, answer),
        (error: unknown) => answer.refuse('failed', String(error)),
      )
      .finally(() => (this.#readBytes -= request.bytesMax));
  }

  #answerRead(outcome: ReadOutcome, answer: Answer): void {
    if (this.#rpc.isOpen) {
      this.#readBytes += payloadBytes(outcome);
      answer.send((writer) => writeReadOutcome(writer, outcome, this.#buffers));
    }
    if (outcome.kind === 'records') outcome.release?.();
  }

  #readTaken(bytes: number): void {
    if (bytes > this.#readBytes) throw new MessageError('more was taken than was read');
    this.#readBytes -= bytes;
  }

  #position(body: MessageReader, answer: Answer): void {
    const { shard, query } = readPosition(body);
    this.#backend.position(shard, query).then(
      (ordinal) => answer.send((writer) => writePositionAnswer(writer, ordinal)),
      (error: unknown) => answer.refuse('failed', String(error)),
    );
  }

  #follow(body: MessageReader, answer: Answer): void {
    const call = readFollow(body);
    const id = call.subscription;
    if (this.#followers.has(id)) throw new MessageError('a subscription of that number exists');
    if (this.#followers.size >= this.#options.followersMax) {
      answer.refuse('busy', `${this.#followers.size} subscriptions`);
      return;
    }
    const follower = new RemoteFollower(this.#options.deliveriesMax, {
      records: (records) => this.#deliver(id, records),
      failed: (failure) =>
        this.#rpc.notify(dataKinds.followFailed, (writer) => {
          writer.u32(id);
          writeFollowFailure(writer, failure);
        }),
      ended: () => this.#followers.delete(id),
    });
    const outcome = this.#backend.follow(call, follower);
    if (outcome.kind === 'following') {
      this.#followers.set(id, follower);
      follower.attach(outcome.following);
    }
    answer.send((writer) => writeFollowAnswer(writer, outcome.kind));
  }

  #deliver(subscription: number, records: RecordsOutcome): void {
    const number = this.#sent.get(records);
    if (number !== undefined) {
      this.#rpc.notify(dataKinds.deliver, (writer) => {
        writer.u32(subscription);
        writer.u32(number);
      });
      return;
    }
    const first = this.#sent.size + 1;
    this.#sent.set(records, first);
    this.#rpc.notify(dataKinds.records, (writer) => {
      writer.u32(subscription);
      writer.u32(first);
      writeRecords(writer, records, freshBuffers);
    });
  }
}

/** Says of all shards that nothing was stored. */
function sendFailure(
  answer: Answer,
  appends: Pick<ShardAppends, 'count'>,
  failure: AppendFailure,
  buffer: Uint8Array | null,
): void {
  const outcomes = { ...movedOutcomes(appends), failure };
  outcomes.kinds.fill(appendKinds.unavailable);
  answer.send((writer) => writeAppendOutcomes(writer, outcomes, buffer));
}

interface RemoteFollowerHooks {
  records(records: RecordsOutcome): void;
  failed(failure: FollowFailure): void;
  ended(): void;
}

/** A follower at the other end of the link: what it has not taken yet is counted against it. */
class RemoteFollower implements Follower {
  readonly #deliveriesMax: number;
  readonly #hooks: RemoteFollowerHooks;
  #following: Following | null = null;
  #open = 0;
  #paused = false;
  #ended = false;

  constructor(deliveriesMax: number, hooks: RemoteFollowerHooks) {
    this.#deliveriesMax = deliveriesMax;
    this.#hooks = hooks;
  }

  attach(following: Following): void {
    this.#following = following;
  }

  deliver(records: RecordsOutcome): boolean {
    this.#open++;
    this.#hooks.records(records);
    if (records.atEnd) this.#end();
    this.#paused = this.#open >= this.#deliveriesMax;
    return !this.#paused;
  }

  fail(failure: FollowFailure): void {
    if (this.#ended) return;
    this.#hooks.failed(failure);
    this.#end();
  }

  taken(): void {
    this.#open = Math.max(0, this.#open - 1);
    if (!this.#paused || this.#open >= this.#deliveriesMax) return;
    this.#paused = false;
    this.#following?.resume();
  }

  stop(): void {
    this.#following?.stop();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#hooks.ended();
  }
}
