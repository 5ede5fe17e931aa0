/**
 * A metadata commit whose outcome is known when it returns.
 *
 * An engine may fail after it has stored a commit: a lost answer, a failed sync. What the store
 * then holds decides whether the commit happened, before anything else is done to the same key.
 */
import { assert } from '../common/assert.ts';
import { equal } from '../common/bytes.ts';
import type { MetaOp, MetaStore } from '../storage/meta-store.ts';
import { CasError } from '../storage/meta-store.ts';

/** The store answers neither the commit nor the question after it. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
}

/**
 * Commits `ops`, the first of which names an exact condition; resolves with the revision. Rejects
 * with the store's error when nothing was stored, with UnknownOutcomeError when that is not known.
 */
export async function settledCommit(meta: MetaStore, ops: readonly MetaOp[]): Promise<number> {
  const first = ops[0];
  assert(first !== undefined && first.expect !== 'any', 'a commit needs an exact condition');
  try {
    return await meta.commit(ops);
  } catch (error) {
    if (error instanceof CasError) {
      throw error;
    }
    const rev = await committedRevision(meta, first, error);
    if (rev === null) {
      throw error;
    }
    return rev;
  }
}

/**
 * Revision of the commit that `first` began, or null when it did not happen. Transactions are all
 * or nothing, so the first key speaks for all. For a deletion the revision is a lower bound.
 */
export async function committedRevision(
  meta: MetaStore,
  first: MetaOp,
  cause: unknown,
): Promise<number | null> {
  let found;
  try {
    found = await meta.get(first.key);
  } catch (error) {
    throw new UnknownOutcomeError(`cannot tell whether ${first.key} was stored`, {
      cause: cause ?? error,
    });
  }
  if (first.value === null) {
    return found === null && typeof first.expect === 'number' ? first.expect + 1 : null;
  }
  if (found === null || found.rev === first.expect || !equal(found.value, first.value)) {
    return null;
  }
  return found.rev;
}
