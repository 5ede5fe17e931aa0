/**
 * One end of a simulated connection.
 *
 * Bytes arrive in order and complete up to the moment the connection breaks, but not in the pieces
 * they were written in: pieces are split and joined, as a real stream does. What the peer has not
 * read counts against the sender's queue.
 */
import { assert } from '../../common/assert.ts';
import { concat } from '../../common/bytes.ts';
import type { Connection } from '../network.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from './scheduler.ts';

/** What the network does for its connections. */
export interface Fabric {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Queued bytes above which `write` answers false. */
  readonly highWaterBytes: number;
  /** Queued bytes that break the connection: its user does not heed `write`'s answer. */
  readonly queueBytesMax: number;
  latencyMs(from: string, to: string): number;
  isBlocked(from: string, to: string): boolean;
  /** The end has closed. */
  forget(end: SimConnection): void;
  /** Puts what is sent into the trace. */
  noteBytes(from: string, to: string, bytes: Uint8Array): void;
  /** What the end has sent is held up; the fabric calls `resume` when the way is free. */
  holdUp(end: SimConnection): void;
}

/** What travels: bytes, or the end of the stream, in order or at once. */
type Segment = Uint8Array | 'end' | 'reset';

/** One arrival in so many waits for more to come, and one delivery in so many is split. */
const JOIN_ONE_IN = 8;
const SPLIT_ONE_IN = 8;

export class SimConnection implements Connection {
  readonly remoteAddress: string;
  readonly localHost: string;
  readonly remoteHost: string;
  readonly #fabric: Fabric;
  readonly #receivers: ((bytes: Uint8Array) => void)[] = [];
  readonly #closers: ((reason: Error | null) => void)[] = [];
  readonly #drainers: (() => void)[] = [];
  #peer: SimConnection | null = null;
  /** Sent and not arrived yet; every arrival takes the first one. */
  #wire: Segment[] = [];
  /** Arrivals that a partition has held up. */
  #heldUp = 0;
  #lastArrivalMs = 0;
  /** Arrived and not read yet. */
  #inbox: Segment[] = [];
  #pumpPlanned = false;
  #queuedBytes = 0;
  #needsDrain = false;
  #ended = false;
  #closed = false;
  #reason: Error | null = null;

  constructor(fabric: Fabric, localHost: string, remoteHost: string, remoteAddress: string) {
    this.#fabric = fabric;
    this.localHost = localHost;
    this.remoteHost = remoteHost;
    this.remoteAddress = remoteAddress;
  }

  /** Makes two ends one connection. */
  static join(one: SimConnection, other: SimConnection): void {
    one.#peer = other;
    other.#peer = one;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#closed) {
      return false;
    }
    this.#queuedBytes += bytes.byteLength;
    if (this.#queuedBytes > this.#fabric.queueBytesMax) {
      this.destroy(new Error(`more than ${this.#fabric.queueBytesMax} bytes queued`));
      return false;
    }
    if (bytes.byteLength > 0) {
      this.#fabric.noteBytes(this.localHost, this.remoteHost, bytes);
      this.#send(bytes.slice());
    }
    this.#needsDrain ||= this.#queuedBytes > this.#fabric.highWaterBytes;
    return this.#queuedBytes <= this.#fabric.highWaterBytes;
  }

  onData(receive: (bytes: Uint8Array) => void): void {
    this.#receivers.push(receive);
    this.#planPump(0);
  }

  onClose(closed: (reason: Error | null) => void): void {
    if (this.#closed) {
      this.#fabric.scheduler.schedule(0, () => closed(this.#reason));
    } else {
      this.#closers.push(closed);
    }
  }

  onDrain(drained: () => void): void {
    this.#drainers.push(drained);
  }

  end(): void {
    if (!this.#ended && !this.#closed) {
      this.#ended = true;
      this.#send('end');
    }
  }

  destroy(reason?: Error): void {
    if (this.#closed) {
      return;
    }
    const { random } = this.#fabric;
    this.#wire.splice(random.below(this.#wire.length + 1));
    this.#send(random.below(2) === 0 ? 'end' : 'reset');
    this.close(reason ?? null);
  }

  /** Closes this end only and tells its user; the peer learns nothing from it. */
  close(reason: Error | null): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#reason = reason;
    this.#inbox = [];
    this.#fabric.forget(this);
    for (const closed of this.#closers.splice(0)) {
      this.#fabric.scheduler.schedule(0, () => closed(reason));
    }
  }

  /** The process of this end has died: its user hears nothing any more, the peer is told. */
  vanish(): void {
    this.#receivers.length = 0;
    this.#closers.length = 0;
    this.#drainers.length = 0;
    this.destroy();
  }

  /** The way to the peer is free again: what was held up is sent anew. */
  resume(): void {
    const heldUp = this.#heldUp;
    this.#heldUp = 0;
    for (let index = 0; index < heldUp; index += 1) {
      this.#planArrival();
    }
  }

  get #other(): SimConnection {
    assert(this.#peer !== null, 'an end is joined to another before it is used');
    return this.#peer;
  }

  #send(segment: Segment): void {
    this.#wire.push(segment);
    this.#planArrival();
  }

  #planArrival(): void {
    const { scheduler } = this.#fabric;
    const latencyMs = this.#fabric.latencyMs(this.localHost, this.remoteHost);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, scheduler.nowMs + latencyMs);
    scheduler.schedule(Math.max(0, this.#lastArrivalMs - scheduler.nowMs), () => this.#arrive());
  }

  #arrive(): void {
    if (this.#heldUp > 0 || this.#fabric.isBlocked(this.localHost, this.remoteHost)) {
      this.#heldUp += 1;
      this.#fabric.holdUp(this);
      return;
    }
    const segment = this.#wire.shift();
    if (segment !== undefined) {
      this.#other.#take(segment);
    }
  }

  #take(segment: Segment): void {
    if (this.#closed) {
      return;
    }
    if (segment === 'reset') {
      this.close(new Error('the peer has reset the connection'));
      return;
    }
    this.#inbox.push(segment);
    const { random } = this.#fabric;
    if (random.below(JOIN_ONE_IN) === 0) {
      this.#planPump(random.next());
    } else if (!this.#pumpPlanned) {
      this.#pump();
    }
  }

  #planPump(delayMs: number): void {
    if (!this.#pumpPlanned) {
      this.#pumpPlanned = true;
      this.#fabric.scheduler.schedule(delayMs, () => {
        this.#pumpPlanned = false;
        this.#pump();
      });
    }
  }

  /** Hands what has arrived to the user, in pieces of its own. */
  #pump(): void {
    if (this.#inbox[0] === 'end') {
      this.end();
      this.close(null);
      return;
    }
    const ready = this.#inbox.findIndex((segment) => typeof segment === 'string');
    const segments = this.#inbox.slice(0, ready < 0 ? undefined : ready) as Uint8Array[];
    if (segments.length === 0 || this.#receivers.length === 0) {
      return;
    }
    const bytes = segments.length === 1 ? (segments[0] as Uint8Array) : concat(segments);
    const split = this.#fabric.random.below(SPLIT_ONE_IN) === 0 && bytes.byteLength > 1;
    const count = split ? 1 + this.#fabric.random.below(bytes.byteLength - 1) : bytes.byteLength;
    this.#inbox.splice(0, segments.length, ...(split ? [bytes.subarray(count)] : []));
    this.#other.#acknowledge(count);
    if (this.#inbox.length > 0) {
      this.#planPump(0);
    }
    for (const receive of this.#receivers) {
      receive(bytes.subarray(0, count));
    }
  }

  #acknowledge(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#needsDrain && this.#queuedBytes <= this.#fabric.highWaterBytes) {
      this.#needsDrain = false;
      for (const drained of this.#drainers) {
        this.#fabric.scheduler.schedule(0, () => (this.#closed ? undefined : drained()));
      }
    }
  }
}
