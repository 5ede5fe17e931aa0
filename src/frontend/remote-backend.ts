/**
 * A back end behind a link, as the router sees it.
 *
 * Every call gets an outcome within its deadline. An append without an answer counts as not
 * acknowledged: it may have been stored, as with any time-out. When the link closes, calls that
 * wait fail at once and followers are told.
 */
import {
  appendBytes,
  dataKinds,
  readAppendOutcomes,
  readPositionAnswer,
  readReturned,
  writeAppends,
  writePosition,
  writeReturned,
} from '../backend/wire.ts';
import { writeLentAppends } from '../backend/wire-lent.ts';
import {
  payloadBytes,
  readFollowAnswer,
  readFollowFailure,
  readReadOutcome,
  readRecords,
  writeFollow,
  writeRead,
} from '../backend/wire-records.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { MessageReader } from '../common/message-reader.ts';
import { MessageError } from '../common/message-reader.ts';
import { appendKinds } from '../model/data-plane.ts';
import type {
  AppendOutcomes,
  Follower,
  FollowOutcome,
  FollowRequest,
  PositionQuery,
  ReadOutcome,
  ReadRequest,
  RecordsBackend,
  RecordsOutcome,
  ShardAppends,
} from '../model/data-plane.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Rpc } from '../runtime/rpc.ts';
import type { Lender } from '../runtime/shown-bodies.ts';
import { RpcError } from '../runtime/rpc.ts';

export interface RemoteBackendDependencies {
  readonly rpc: Rpc;
  /** For records on their way to the back end. */
  readonly buffers: Buffers;
  /** Of memory that the back end sees; records in it stay there. */
  readonly lender: Lender;
}

export interface RemoteBackendOptions {
  /** An append waits this long for its answer. */
  readonly appendMs: number;
  /** Everything else. */
  readonly readMs: number;
  /** Payload bytes of appends that are not answered yet. */
  readonly appendBytesMax: number;
}

export const REMOTE_BACKEND_DEFAULTS: RemoteBackendOptions = {
  appendMs: 30_000,
  readMs: 30_000,
  appendBytesMax: 64 * 1024 * 1024,
};

const subscriptionMax = 0xffff_ffff;

export class RemoteBackend implements RecordsBackend {
  readonly #rpc: Rpc;
  readonly #buffers: Buffers;
  readonly #lender: Lender;
  readonly #options: RemoteBackendOptions;
  readonly #subscriptions = new Map<number, RemoteFollowing>();
  /** Outcomes of the message that is being read, by their number in it. */
  readonly #records: RecordsOutcome[] = [];
  #lastSubscription = 0;
  #appendBytes = 0;
  #lentAppends = 0;

  constructor({ rpc, buffers, lender }: RemoteBackendDependencies, options: RemoteBackendOptions) {
    this.#rpc = rpc;
    this.#buffers = buffers;
    this.#lender = lender;
    this.#options = options;
    rpc.hear(dataKinds.records, (body) => this.#recordsCame(body));
    rpc.hear(dataKinds.deliver, (body) => this.#deliver(body.u32(), body.u32()));
    rpc.hear(dataKinds.followFailed, (body) => {
      const following = this.#forget(body.u32());
      const failure = readFollowFailure(body);
      following?.follower.fail(failure);
    });
    rpc.hearLate(dataKinds.append, (body) => this.#reuse(body));
    rpc.hearLate(dataKinds.read, (body) => {
      const outcome = this.#readOutcome(body);
      if (outcome.kind === 'records') outcome.release?.();
    });
    rpc.onClose(() => {
      for (const id of [...this.#subscriptions.keys()]) {
        this.#forget(id)?.follower.fail({ kind: 'gone' });
      }
    });
  }

  /** Subscriptions that have not ended. */
  get followingCount(): number {
    return this.#subscriptions.size;
  }

  /** Appends whose records did not cross the link. */
  get lentAppends(): number {
    return this.#lentAppends;
  }

  async append(appends: ShardAppends): Promise<AppendOutcomes> {
    const bytes = appendBytes(appends);
    if (this.#appendBytes > 0 && this.#appendBytes + bytes > this.#options.appendBytesMax) {
      return unavailable(appends, `${this.#appendBytes} bytes wait for the back end`);
    }
    this.#appendBytes += bytes;
    try {
      const body = await this.#callAppend(appends);
      this.#reuse(body);
      return readAppendOutcomes(body, appends);
    } catch (error) {
      if (error instanceof RpcError) return unavailable(appends, error.message);
      throw this.#unreadable(error);
    } finally {
      this.#appendBytes -= bytes;
    }
  }

  #callAppend(appends: ShardAppends): Promise<MessageReader> {
    const { appendMs } = this.#options;
    const loan = this.#lender.lend(appends.packed);
    if (loan === null) {
      return this.#rpc.call(dataKinds.append, appendMs, (writer) =>
        writeAppends(writer, appends, this.#buffers),
      );
    }
    this.#lentAppends++;
    return this.#rpc.call(dataKinds.appendLent, appendMs, (writer) =>
      writeLentAppends(writer, appends, loan),
    );
  }

  read(request: ReadRequest): Promise<ReadOutcome> {
    return this.#ask(
      dataKinds.read,
      (writer) => writeRead(writer, request),
      (body) => this.#readOutcome(body),
    );
  }

  position(shard: ShardKey, query: PositionQuery): Promise<number | null> {
    return this.#ask(
      dataKinds.position,
      (writer) => writePosition(writer, { shard, query }),
      readPositionAnswer,
    );
  }

  async follow(request: FollowRequest, follower: Follower): Promise<FollowOutcome> {
    const subscription = this.#nextSubscription();
    const following = new RemoteFollowing(follower, {
      resume: () => this.#rpc.notify(dataKinds.credit, (writer) => writer.u32(subscription)),
      stop: () => {
        if (this.#forget(subscription) === undefined) return;
        this.#rpc.notify(dataKinds.unfollow, (writer) => writer.u32(subscription));
      },
    });
    // Records may come in the same message as the answer.
    this.#subscriptions.set(subscription, following);
    try {
      const kind = await this.#ask(
        dataKinds.follow,
        (writer) => writeFollow(writer, { ...request, subscription }),
        readFollowAnswer,
      );
      if (kind === 'following') return { kind, following };
      this.#forget(subscription);
      return { kind };
    } catch (error) {
      following.stop();
      throw error;
    }
  }

  /** Throws ServiceUnavailable where there is no answer. */
  async #ask<T>(
    kind: number,
    write: Parameters<Rpc['call']>[2],
    read: (body: MessageReader) => T,
  ): Promise<T> {
    try {
      return read(await this.#rpc.call(kind, this.#options.readMs, write));
    } catch (error) {
      if (error instanceof RpcError) throw new ServiceError('ServiceUnavailable', null);
      throw this.#unreadable(error);
    }
  }

  /** An answer that cannot be read: nothing that follows on the link can be trusted. */
  #unreadable(error: unknown): unknown {
    if (error instanceof MessageError) this.#rpc.close();
    return error;
  }

  /** What a read gave; its buffer goes back when it is released. */
  #readOutcome(body: MessageReader): ReadOutcome {
    const outcome = readReadOutcome(body, (buffer) =>
      this.#rpc.notify(dataKinds.returned, (writer) => writeReturned(writer, buffer)),
    );
    const bytes = payloadBytes(outcome);
    if (bytes > 0) this.#rpc.notify(dataKinds.readTaken, (writer) => writer.number(bytes));
    return outcome;
  }

  /** The buffer that came back with the answer of an append. */
  #reuse(body: MessageReader): void {
    const buffer = readReturned(body);
    if (buffer !== null) this.#buffers.give(buffer);
  }

  #recordsCame(body: MessageReader): void {
    const subscription = body.u32();
    const number = body.u32();
    if (number === 1) this.#records.length = 0;
    if (this.#records.push(readRecords(body)) !== number) {
      throw new MessageError('records out of order');
    }
    this.#deliver(subscription, number);
  }

  #deliver(subscription: number, number: number): void {
    const records = this.#records[number - 1];
    if (records === undefined) throw new MessageError('no records of that number');
    const following = this.#subscriptions.get(subscription);
    if (following === undefined) return;
    if (records.atEnd) this.#forget(subscription);
    following.deliver(records);
  }

  #forget(subscription: number): RemoteFollowing | undefined {
    const following = this.#subscriptions.get(subscription);
    this.#subscriptions.delete(subscription);
    return following;
  }

  #nextSubscription(): number {
    do {
      this.#lastSubscription =
        this.#lastSubscription === subscriptionMax ? 1 : this.#lastSubscription + 1;
    } while (this.#subscriptions.has(this.#lastSubscription));
    return this.#lastSubscription;
  }
}

/**
 * Deliveries are credited to the back end one by one, those that fill the follower when it resumes.
 */
class RemoteFollowing {
  readonly follower: Follower;
  readonly #hooks: { resume(): void; stop(): void };
  /** Deliveries not credited yet, because the follower has no room. */
  #held = 0;

  constructor(follower: Follower, hooks: { resume(): void; stop(): void }) {
    this.follower = follower;
    this.#hooks = hooks;
  }

  deliver(records: RecordsOutcome): void {
    if (this.follower.deliver(records)) this.#hooks.resume();
    else this.#held++;
  }

  resume(): void {
    for (; this.#held > 0; this.#held--) this.#hooks.resume();
  }

  stop(): void {
    this.#hooks.stop();
  }
}

function unavailable({ count }: ShardAppends, reason: string): AppendOutcomes {
  return {
    kinds: new Uint8Array(count).fill(appendKinds.unavailable),
    baseOrdinals: new Float64Array(count),
    arrivalMs: new Float64Array(count),
    refused: null,
    encrypted: false,
    failure: { kind: 'unavailable', reason },
  };
}
