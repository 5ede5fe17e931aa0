/**
 * Bodies in memory that a second thread sees too, and that thread, which digests and decodes those
 * that wait for their turn: of all that a large put costs that is more than half, and needs
 * nothing else.
 *
 * The thread and its memory are there only while large bodies come. Nothing depends on the thread:
 * work it has not begun when it is wanted, or not ended soon after, is done by the caller, so on a
 * busy machine, or when the thread has died, everything is as it would be without.
 *
 * Where there shall be no thread the memory has a use too: bodies are decoded where they lie, and
 * what is made of them can be lent to another thread.
 */
import { hash } from 'node:crypto';
import { Worker, workerData } from 'node:worker_threads';
import { assert } from '../../common/assert.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import { gatherFrom } from '../../common/pieces.ts';
import type {
  BodyBuffers,
  BodyHeaders,
  BodyKernel,
  BodyKernels,
  BodyWork,
  KernelResult,
} from '../body-buffers.ts';
import { bytesOfSlot, gatherIn, slotOf, slotOfTarget, slotsRoom, targetOf } from '../body-slots.ts';
import type { Lender, Loan, ShownBodies } from '../shown-bodies.ts';

export interface BodyThreadOptions {
  /**
   * The program of the thread: it calls `serveBodies`. Null: there is none, and bodies are decoded
   * by the caller where they lie.
   */
  readonly entry: URL | null;
  readonly kernels: BodyKernels;
  /** In which of the kernel's ways the body of a request is decoded; -1 where in none. */
  readonly wayOf: (headers: BodyHeaders) => number;
  /** Whether digests are wanted. */
  readonly digests: boolean;
  /** Bodies in shared memory at the same time; the rest is as without a thread. */
  readonly slots: number;
  /** The largest body in shared memory, and the largest that is made of one. */
  readonly slotBytes: number;
  /** Bodies shorter than this are done by the caller before another thread has woken up. */
  readonly bytesMin: number;
  /** Bodies that could have been shared before the thread is started, between two trims. */
  readonly bodiesBefore: number;
  /** How long work that the thread has begun is waited for, ms. */
  readonly waitMs: number;
  /**
   * Shows the bodies to somebody, who may borrow what is made of them; null: they are gone. False
   * where nobody can see them.
   */
  readonly show: (bodies: ShownBodies | null) => boolean;
}

export const BODY_THREAD_DEFAULTS: Omit<
  BodyThreadOptions,
  'entry' | 'kernels' | 'wayOf' | 'digests' | 'show'
> = {
  slots: 16,
  slotBytes: 1024 * 1024,
  bytesMin: 128 * 1024,
  bodiesBefore: 64,
  waitMs: 10,
};

const DIGEST_BYTES = 32;
const LOAN_MAX = 2 ** 31 - 1;

/** Of the kinds of work on a body, in the order in which the caller wants them. */
const DECODE = 0;
const DIGEST = 1;
const KINDS = 2;

/** States of a piece of work. What is `queued` may be taken, by the thread or by the caller. */
const none = 0;
const queued = 1;
const running = 2;
const done = 3;
/** The thread could not do it. */
const failed = 4;

/** Places in `control`: how many bodies were begun, at which the thread waits, and the end. */
const BEGUN = 0;
const STOP = 1;
const CONTROLS = 2;

/** What both threads see. */
interface Shared extends ShownBodies {
  readonly control: Int32Array;
  /** The value of BEGUN for the body of each slot. */
  readonly orders: Int32Array;
  /** `KINDS` for each slot. */
  readonly states: Int32Array;
  readonly lengths: Int32Array;
  readonly ways: Int32Array;
  readonly digests: Uint8Array;
}

/** One life of the thread with its memory. */
interface Arena {
  readonly shared: Shared;
  readonly hasThread: boolean;
  readonly isShown: boolean;
  /** Of the thread that takes and gives. */
  readonly kernel: BodyKernel;
  /** Slots nobody has, the one used last at the end. */
  readonly free: number[];
  abandoned: number;
}

/** Pieces of work that were begun, by who has done them in the end. */
export interface WorkCounts {
  byThread: number;
  byCaller: number;
}

export class BodyThread implements BodyBuffers, Lender {
  readonly counts: WorkCounts = { byThread: 0, byCaller: 0 };
  readonly #fallback: Buffers;
  readonly #options: BodyThreadOptions;
  #arena: Arena | null = null;
  /** Bodies that were shared, or could have been, since the last trim. */
  #bodies = 0;
  /** A thread that has failed is not tried again. */
  #failed = false;
  /** Whether there was anything to do for the large body before. */
  #isUseful = true;
  #lastLoan = 0;

  /** `fallback` gives what is not shared. */
  constructor(fallback: Buffers, options: BodyThreadOptions) {
    this.#fallback = fallback;
    this.#options = options;
  }

  /** Whether there is a thread now. */
  get isOn(): boolean {
    return this.#arena !== null;
  }

  take(bytes: number): Uint8Array {
    const { bytesMin, slotBytes } = this.#options;
    // JavaScript copies records out of shared memory three times slower than out of its own.
    const isWorth = bytes >= bytesMin && bytes <= slotBytes && this.#isUseful;
    const slot = isWorth ? this.#freeSlot() : undefined;
    if (slot === undefined || this.#arena === null) {
      return this.#fallback.take(bytes);
    }
    return bytesOfSlot(this.#arena.shared, slot);
  }

  give(buffer: Uint8Array): void {
    if (!(buffer.buffer instanceof SharedArrayBuffer)) {
      this.#fallback.give(buffer);
    } else if (buffer.buffer === this.#arena?.shared.memory.buffer) {
      const { free, shared } = this.#arena;
      const slot = slotOf(shared, buffer);
      assert(!free.includes(slot), 'bodies: no slot that was taken');
      // What the thread has begun it ends, on bytes that no longer matter.
      for (let kind = 0; kind < KINDS; kind++) {
        Atomics.compareExchange(shared.states, slot * KINDS + kind, queued, none);
      }
      if (isBack(shared, slot)) free.push(slot);
      else this.#lose(this.#arena);
    }
  }

  abandon(buffer: Uint8Array): void {
    if (this.#arena !== null && buffer.buffer === this.#arena.shared.memory.buffer) {
      this.#lose(this.#arena);
    }
  }

  lend(made: Uint8Array): Loan | null {
    const arena = this.#arena;
    if (arena === null || !arena.isShown || made.buffer !== arena.shared.memory.buffer) return null;
    const slot = slotOfTarget(arena.shared, made);
    if (slot < 0) return null;
    const number = this.#lastLoan === LOAN_MAX ? 1 : this.#lastLoan + 1;
    if (Atomics.compareExchange(arena.shared.loans, slot, 0, number) !== 0) return null;
    this.#lastLoan = number;
    return { slot, number };
  }

  /** A slot that will never be used again. */
  #lose(arena: Arena): void {
    arena.abandoned += 1;
    if (arena.abandoned > this.#options.slots / 2) this.#end();
  }

  begin(body: Uint8Array, headers: BodyHeaders): BodyWork | null {
    const { bytesMin, digests, wayOf, waitMs } = this.#options;
    if (body.length < bytesMin) {
      return null;
    }
    const way = wayOf(headers);
    this.#isUseful = digests || way >= 0;
    const arena = this.#arena;
    if (arena === null || body.buffer !== arena.shared.memory.buffer) {
      return null;
    }
    const { control, orders, states, lengths, ways } = arena.shared;
    const slot = slotOf(arena.shared, body);
    const at = slot * KINDS;
    const isBusy =
      Atomics.load(states, at + DECODE) === running ||
      Atomics.load(states, at + DIGEST) === running;
    if (isBusy) {
      return null;
    }
    lengths[slot] = body.length;
    ways[slot] = way;
    orders[slot] = Atomics.load(control, BEGUN);
    Atomics.store(states, at + DECODE, way < 0 ? none : queued);
    Atomics.store(states, at + DIGEST, digests ? queued : none);
    Atomics.add(control, BEGUN, 1);
    Atomics.notify(control, BEGUN);
    return new SlotWork(arena, slot, body, waitMs, this.counts);
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
      this.#arena = this.#start();
    }
    return this.#arena?.free.pop();
  }

  #start(): Arena | null {
    const { slots, slotBytes, entry, kernels, show } = this.#options;
    const memory = kernels.memory(slotsRoom(slots, slotBytes));
    if (memory === null) {
      this.#failed = true;
      return null;
    }
    const integers = (count: number): Int32Array =>
      new Int32Array(new SharedArrayBuffer(4 * count));
    const shared: Shared = {
      slots,
      slotBytes,
      memory,
      control: integers(CONTROLS),
      orders: integers(slots),
      states: integers(KINDS * slots),
      lengths: integers(slots),
      ways: integers(slots),
      loans: integers(slots),
      digests: new Uint8Array(new SharedArrayBuffer(DIGEST_BYTES * slots)),
    };
    if (entry !== null) this.#run(entry, shared);
    const free = Array.from({ length: slots }, (_, slot) => slots - 1 - slot);
    const isShown = show({ slots, slotBytes, memory, loans: shared.loans });
    const kernel = kernels.open(memory);
    return { shared, hasThread: entry !== null, isShown, kernel, free, abandoned: 0 };
  }

  #run(entry: URL, shared: Shared): void {
    const worker = new Worker(entry, {
      workerData: shared,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 16 },
    });
    worker.unref();
    worker.on('error', () => {
      this.#failed = true;
      this.#end();
    });
  }

  /** Bodies in the memory stay readable as long as somebody holds them. */
  #end(): void {
    const arena = this.#arena;
    this.#arena = null;
    if (arena !== null) {
      Atomics.store(arena.shared.control, STOP, 1);
      Atomics.add(arena.shared.control, BEGUN, 1);
      Atomics.notify(arena.shared.control, BEGUN);
      if (arena.isShown) this.#options.show(null);
    }
  }
}

/** Whether nobody has what was lent of a slot; a loan that nobody has taken is void then. */
function isBack({ loans }: ShownBodies, slot: number): boolean {
  const loan = Atomics.load(loans, slot);
  return loan === 0 || (loan > 0 && Atomics.compareExchange(loans, slot, loan, 0) === loan);
}

class SlotWork implements BodyWork {
  readonly #arena: Arena;
  readonly #shared: Shared;
  readonly #slot: number;
  readonly #body: Uint8Array;
  readonly #waitMs: number;
  readonly #counts: WorkCounts;
  #digest: string | null = null;

  constructor(arena: Arena, slot: number, body: Uint8Array, waitMs: number, counts: WorkCounts) {
    this.#arena = arena;
    this.#shared = arena.shared;
    this.#slot = slot;
    this.#body = body;
    this.#waitMs = waitMs;
    this.#counts = counts;
  }

  get isDone(): boolean {
    if (!this.#arena.hasThread) return true;
    const { states } = this.#shared;
    const at = this.#slot * KINDS;
    return !isOpen(Atomics.load(states, at + DECODE)) && !isOpen(Atomics.load(states, at + DIGEST));
  }

  digest(): string {
    this.#digest ??=
      this.#outcome(DIGEST) === done ? this.#stored() : hash('sha256', this.#body, 'hex');
    return this.#digest;
  }

  #stored(): string {
    const at = this.#slot * DIGEST_BYTES;
    return Buffer.from(this.#shared.digests.subarray(at, at + DIGEST_BYTES)).toString('hex');
  }

  decoded(): KernelResult | null {
    const { states } = this.#shared;
    const at = this.#slot * KINDS;
    if (
      Atomics.load(states, at + DECODE) === running &&
      Atomics.load(states, at + DIGEST) === queued
    ) {
      // Better than waiting: it will be wanted next.
      this.digest();
    }
    const { kernel, isShown } = this.#arena;
    const outcome = this.#outcome(DECODE);
    const isDone =
      outcome === done || (outcome === queued && decode(this.#shared, this.#slot, kernel));
    if (!isDone) {
      return null;
    }
    const target = targetOf(this.#shared, this.#slot);
    // The room to gather in is the borrower's.
    const gather = isShown
      ? gatherFrom(target.bytes)
      : gatherIn(this.#shared, kernel, target.bytes);
    return { ...target, gather };
  }

  /** Takes back what is not begun, which is then `queued`; waits for what is. */
  #outcome(kind: number): number {
    const { states } = this.#shared;
    const at = this.#slot * KINDS + kind;
    const before = Atomics.compareExchange(states, at, queued, none);
    if (before === running) {
      Atomics.wait(states, at, running, this.#waitMs);
    }
    const outcome = before === queued ? queued : Atomics.load(states, at);
    this.#counts[outcome === done ? 'byThread' : 'byCaller'] += 1;
    return outcome;
  }
}

function isOpen(state: number): boolean {
  return state === queued || state === running;
}

/** The thread: works until it is told to stop. */
export function serveBodies(kernels: BodyKernels): void {
  const shared = workerData as Shared;
  const kernel = kernels.open(shared.memory);
  const { control, states } = shared;
  while (Atomics.load(control, STOP) === 0) {
    const begun = Atomics.load(control, BEGUN);
    const at = oldestWork(shared);
    if (at < 0) {
      Atomics.wait(control, BEGUN, begun);
    } else if (Atomics.compareExchange(states, at, queued, running) === queued) {
      const slot = Math.floor(at / KINDS);
      const isDone = at % KINDS === DIGEST ? digestOf(shared, slot) : decode(shared, slot, kernel);
      Atomics.store(states, at, isDone ? done : failed);
      Atomics.notify(states, at);
    }
  }
}

/**
 * Place in `states` of the next piece of work of the body begun first; -1 where nothing is to be
 * done.
 */
function oldestWork({ states, orders, slots }: Shared): number {
  let oldest = -1;
  let oldestOrder = 0;
  for (let slot = 0; slot < slots; slot++) {
    const at = slot * KINDS;
    const kind = Atomics.load(states, at) === queued ? DECODE : DIGEST;
    const order = orders[slot]!;
    // By difference: the count goes round.
    const isOlder = oldest < 0 || ((order - oldestOrder) | 0) < 0;
    if (isOlder && Atomics.load(states, at + kind) === queued) {
      oldest = at + kind;
      oldestOrder = order;
    }
  }
  return oldest;
}

function bodyOf(shared: Shared, slot: number): Uint8Array {
  return bytesOfSlot(shared, slot).subarray(0, shared.lengths[slot]);
}

function digestOf(shared: Shared, slot: number): boolean {
  shared.digests.set(hash('sha256', bodyOf(shared, slot), 'buffer'), slot * DIGEST_BYTES);
  return true;
}

/** A kernel that fails has made nothing of the body. */
function decode(shared: Shared, slot: number, kernel: BodyKernel): boolean {
  try {
    return kernel.decode(shared.ways[slot]!, bodyOf(shared, slot), targetOf(shared, slot));
  } catch {
    return false;
  }
}
