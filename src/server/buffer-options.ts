/** What a thread of the server may keep in memory of what passes through it. */
import type { AnswerBudgetOptions } from '../api/answer-budget.ts';
import type { BufferPoolOptions } from '../common/buffer-pool.ts';

const MiB = 1024 * 1024;

/**
 * Buffers for everything on its way through: bodies, batches, records read from disk, pieces of
 * answers. Two answers of GetRecords from disk and the pieces they are sent in fit.
 */
export const BUFFER_OPTIONS: BufferPoolOptions = {
  idleBytesMax: 32 * MiB,
  bufferBytesMax: 16 * MiB,
};

/** What was not needed for so long goes back to the system. */
export const TRIM_EVERY_MS = 10_000;

/** Four of the longest answers at once; then shorter ones. */
export const ANSWER_OPTIONS: AnswerBudgetOptions = {
  bytesMax: 40 * MiB,
  bytesMin: 128 * 1024,
};
