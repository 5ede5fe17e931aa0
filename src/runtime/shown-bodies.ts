/**
 * What was made of bodies at one end of a link, for the other end to read where it lies.
 *
 * Invariant: what is lent is not written to. A loan is a number that is the slot's own until it is
 * given back; whoever changes that number first, the borrower who takes what was lent or the lender
 * who does not want to wait any more, has it, so that a loan of which one learns late is void. What
 * was borrowed and not given back stays untouched, if need be for ever.
 */
import { assert } from '../common/assert.ts';
import { onlyOnce } from '../common/buffer-pool.ts';
import type { BodyKernel, BodyKernels, KernelResult } from './body-buffers.ts';
import { gatherIn, targetOf } from './body-slots.ts';
import type { BodySlots } from './body-slots.ts';

/** Slots that another thread may look at; can be sent to it. The room to gather in is its own. */
export interface ShownBodies extends BodySlots {
  /** By slot: 0, the number of its loan, or that with a minus when it was borrowed. */
  readonly loans: Int32Array;
}

export interface Loan {
  readonly slot: number;
  /** Of this loan, from 1. */
  readonly number: number;
}

export interface Lender {
  /**
   * Lends what was made of a body, of which `made` is the beginning, and the words to it, until it
   * comes back; where the body's buffer is given back before it was borrowed, the loan is void.
   * Null where the other end does not see it, or has not given back an earlier loan of it.
   */
  lend(made: Uint8Array): Loan | null;
}

export interface Borrowed extends KernelResult {
  giveBack(): void;
}

export interface Borrower {
  /** Null where the loan is void. */
  borrow(loan: Loan): Borrowed | null;
}

/** Borrows from the bodies shown last. */
export class BodyBorrower implements Borrower {
  readonly #kernels: BodyKernels;
  #shown: { readonly bodies: ShownBodies; readonly kernel: BodyKernel } | null = null;

  constructor(kernels: BodyKernels) {
    this.#kernels = kernels;
  }

  /** From now on these are shown; null: none. */
  see(bodies: ShownBodies | null): void {
    this.#shown = bodies === null ? null : { bodies, kernel: this.#kernels.open(bodies.memory) };
  }

  borrow({ slot, number }: Loan): Borrowed | null {
    if (this.#shown === null) return null;
    const { bodies, kernel } = this.#shown;
    const { loans } = bodies;
    if (slot >= bodies.slots || number === 0) return null;
    if (Atomics.compareExchange(loans, slot, number, -number) !== number) return null;
    const target = targetOf(bodies, slot);
    return {
      ...target,
      gather: gatherIn(bodies, kernel, target.bytes),
      giveBack: onlyOnce(() => {
        const before = Atomics.compareExchange(loans, slot, -number, 0);
        assert(before === -number, 'loans: what is borrowed stays so until it is given back');
      }),
    };
  }
}
