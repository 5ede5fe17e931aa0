/**
 * Bodies in memory that a second thread sees too, and that thread, which takes their SHA-256 while
 * this one reads them: of all that a large put costs the digest is most, and needs nothing else.
 *
 * The thread and its memory are there only while large bodies come. Nothing depends on the thread:
 * a digest it has not begun when it is wanted, or not ended soon after, is taken by the caller, so
 * on a busy machine, or when the thread has died, everything is as it would be without.
 */
import { hash } from 'node:crypto';
import type * as Crypto from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type * as Threads from 'node:worker_threads';
import { assert } from '../../common/assert.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import type { BodyBuffers, PendingDigest } from '../body-buffers.ts';

export interface DigestThreadOptions {
  /** Bodies in shared memory at the same time; the rest is as without a thread. */
  readonly slots: number;
  /** The largest body in shared memory. */
  readonly slotBytes: number;
  /** Bodies shorter than this are digested by the caller before another thread has woken up. */
  readonly bytesMin: number;
  /** Bodies that could have been shared before the thread is started, between two trims. */
  readonly bodiesBefore: number;
  /** How long a digest that the thread has begun is waited for, ms. */
  readonly waitMs: number;
}

export const DIGEST_THREAD_DEFAULTS: DigestThreadOptions = {
  slots: 16,
  slotBytes: 1024 * 1024,
  bytesMin: 128 * 1024,
  bodiesBefore: 64,
  waitMs: 10,
};

const DIGEST_BYTES = 32;

/** States of a slot. Only what is `queued` may be taken, by the thread or back by the caller. */
const idle = 0;
const queued = 1;
const running = 2;
const done = 3;

/** Places in `control` before the queue: how many jobs were put in, taken out, and the end. */
const PUT = 0;
const TAKEN = 1;
const STOP = 2;
const QUEUE = 3;

/** What both threads see. */
interface Shared {
  /** `slots` bodies. */
  readonly memory: SharedArrayBuffer;
  readonly slotBytes: number;
  /** PUT, TAKEN, STOP, then a queue of slot numbers, as many as there are slots, going round. */
  readonly control: Int32Array;
  readonly states: Int32Array;
  readonly lengths: Int32Array;
  readonly digests: Uint8Array;
}

/** One life of the thread with its memory. */
interface Arena {
  readonly shared: Shared;
  readonly worker: Worker;
  /** Slots nobody has, the one used last at the end. */
  readonly free: number[];
  abandoned: number;
}

export interface DigestCounts {
  byThread: number;
  byCaller: number;
}

export class DigestThread implements BodyBuffers {
  readonly #fallback: Buffers;
  readonly #options: DigestThreadOptions;
  #arena: Arena | null = null;
  /** Bodies that were shared, or could have been, since the last trim. */
  #bodies = 0;
  /** A thread that has failed is not tried again. */
  #failed = false;
  /** Digests that were begun, by who has taken them in the end. */
  readonly taken: DigestCounts = { byThread: 0, byCaller: 0 };

  /** `fallback` gives what is not shared. */
  constructor(fallback: Buffers, options: DigestThreadOptions) {
    this.#fallback = fallback;
    this.#options = options;
  }

  /** Whether there is a thread now. */
  get isOn(): boolean {
    return this.#arena !== null;
  }

  take(bytes: number): Uint8Array {
    const { bytesMin, slotBytes } = this.#options;
    const slot = bytes >= bytesMin && bytes <= slotBytes ? this.#freeSlot() : undefined;
    if (slot === undefined || this.#arena === null) {
      return this.#fallback.take(bytes);
    }
    return new Uint8Array(this.#arena.shared.memory, slot * slotBytes, slotBytes);
  }

  give(buffer: Uint8Array): void {
    if (!(buffer.buffer instanceof SharedArrayBuffer)) {
      this.#fallback.give(buffer);
    } else if (buffer.buffer === this.#arena?.shared.memory) {
      const { free, shared } = this.#arena;
      const slot = buffer.byteOffset / shared.slotBytes;
      assert(Number.isInteger(slot) && !free.includes(slot), 'digests: no slot that was taken');
      // What the thread has begun it ends, of bytes that no longer matter.
      Atomics.compareExchange(shared.states, slot, queued, idle);
      free.push(slot);
    }
  }

  abandon(buffer: Uint8Array): void {
    if (this.#arena !== null && buffer.buffer === this.#arena.shared.memory) {
      this.#arena.abandoned += 1;
      if (this.#arena.abandoned > this.#options.slots / 2) {
        this.#end();
      }
    }
  }

  digest(body: Uint8Array): PendingDigest | null {
    const arena = this.#arena;
    const isShared = arena !== null && body.buffer === arena.shared.memory;
    if (!isShared || body.length < this.#options.bytesMin) {
      return null;
    }
    const { shared } = arena;
    const { control, states, lengths, slotBytes } = shared;
    const slot = body.byteOffset / slotBytes;
    assert(Number.isInteger(slot), 'digests: no body from the start of a slot');
    const put = Atomics.load(control, PUT);
    const isFull = put - Atomics.load(control, TAKEN) >= states.length;
    if (isFull || Atomics.load(states, slot) === running) {
      return null;
    }
    lengths[slot] = body.length;
    Atomics.store(states, slot, queued);
    control[QUEUE + (put % states.length)] = slot;
    Atomics.store(control, PUT, put + 1);
    Atomics.notify(control, PUT);
    return new SlotDigest(shared, slot, body, this.#options.waitMs, this.taken);
  }

  /** Gives up thread and memory when they have not been used since the last call. */
  trim(): void {
    if (this.#bodies === 0) {
      this.#end();
    }
    this.#bodies = 0;
  }

  close(): void {
    this.#failed = true;
    this.#end();
  }

  #freeSlot(): number | undefined {
    this.#bodies += 1;
    if (this.#arena === null && !this.#failed && this.#bodies > this.#options.bodiesBefore) {
      this.#arena = this.#begin();
    }
    return this.#arena?.free.pop();
  }

  #begin(): Arena {
    const { slots, slotBytes } = this.#options;
    const shared: Shared = {
      memory: new SharedArrayBuffer(slots * slotBytes),
      slotBytes,
      control: new Int32Array(new SharedArrayBuffer(4 * (QUEUE + slots))),
      states: new Int32Array(new SharedArrayBuffer(4 * slots)),
      lengths: new Int32Array(new SharedArrayBuffer(4 * slots)),
      digests: new Uint8Array(new SharedArrayBuffer(DIGEST_BYTES * slots)),
    };
    // As text, so that it is found however the program is packed.
    const source = `(${serve.toString()})(require('node:worker_threads'), require('node:crypto'))`;
    const worker = new Worker(source, {
      eval: true,
      name: 'digests',
      workerData: shared,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    worker.unref();
    worker.on('error', () => {
      this.#failed = true;
      this.#end();
    });
    const free = Array.from({ length: slots }, (_, slot) => slots - 1 - slot);
    return { shared, worker, free, abandoned: 0 };
  }

  /** Bodies in the memory stay readable as long as somebody holds them. */
  #end(): void {
    const arena = this.#arena;
    this.#arena = null;
    if (arena !== null) {
      Atomics.store(arena.shared.control, STOP, 1);
      Atomics.add(arena.shared.control, PUT, 1);
      Atomics.notify(arena.shared.control, PUT);
    }
  }
}

class SlotDigest implements PendingDigest {
  readonly #shared: Shared;
  readonly #slot: number;
  readonly #body: Uint8Array;
  readonly #waitMs: number;
  readonly #counts: DigestCounts;

  constructor(
    shared: Shared,
    slot: number,
    body: Uint8Array,
    waitMs: number,
    counts: DigestCounts,
  ) {
    this.#shared = shared;
    this.#slot = slot;
    this.#body = body;
    this.#waitMs = waitMs;
    this.#counts = counts;
  }

  hex(): string {
    const { states, digests } = this.#shared;
    const slot = this.#slot;
    const state = Atomics.compareExchange(states, slot, queued, idle);
    if (state === running) {
      Atomics.wait(states, slot, running, this.#waitMs);
    }
    if (Atomics.load(states, slot) !== done) {
      this.#counts.byCaller += 1;
      return hash('sha256', this.#body, 'hex');
    }
    this.#counts.byThread += 1;
    const at = slot * DIGEST_BYTES;
    return Buffer.from(digests.subarray(at, at + DIGEST_BYTES)).toString('hex');
  }
}

/**
 * The thread. It stands alone: its text is what the thread is started with, so it may use nothing
 * from around it.
 */
function serve(threads: typeof Threads, crypto: typeof Crypto): void {
  const { memory, slotBytes, control, states, lengths, digests } = threads.workerData as Shared;
  let taken = 0;
  for (;;) {
    Atomics.wait(control, 0, taken);
    while (taken !== Atomics.load(control, 0)) {
      if (Atomics.load(control, 2) === 1) {
        return;
      }
      const slot = control[3 + (taken % states.length)] as number;
      taken += 1;
      Atomics.store(control, 1, taken);
      if (Atomics.compareExchange(states, slot, 1, 2) === 1) {
        const body = new Uint8Array(memory, slot * slotBytes, lengths[slot]);
        digests.set(crypto.hash('sha256', body, 'buffer'), slot * 32);
        Atomics.store(states, slot, 3);
        Atomics.notify(states, slot);
      }
    }
  }
}
