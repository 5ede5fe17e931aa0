/**
 * PutRecords until every record of a batch is settled: failed entries are sent again, and a batch
 * that is refused as a whole because of one record is halved until that record is alone.
 *
 * Only one request is under way, so records that do not fail are stored in their order.
 */
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ClientError } from './client-error.ts';
import type { CallOptions, KinesisClient } from './kinesis-client.ts';
import type { PutEntry } from './operation-types.ts';

export type PutOutcome =
  | { readonly kind: 'stored'; readonly shardId: string; readonly sequenceNumber: string }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string };

export interface BatchPutDependencies {
  readonly client: KinesisClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** Rounds in a row that store nothing before the rest counts as refused. */
const fruitlessRoundsMax = 10;
const backoffFirstMs = 100;
const backoffMsMax = 2_000;

/** Errors that may be the fault of one record among many. */
const errorsOfRecords: ReadonlySet<string> = new Set([
  'ValidationException',
  'InvalidArgumentException',
]);

export class BatchPut {
  readonly #deps: BatchPutDependencies;
  readonly #streamName: string;

  constructor(dependencies: BatchPutDependencies, streamName: string) {
    this.#deps = dependencies;
    this.#streamName = streamName;
  }

  /**
   * Settles every record, telling `settle` by its index. Rejects, with the rest unsettled, for what
   * is no record's fault: no such stream, no permission, no server.
   */
  async put(
    entries: readonly PutEntry[],
    settle: (index: number, outcome: PutOutcome) => void,
    options: CallOptions = {},
  ): Promise<void> {
    const all = Array.from(entries, (_, index) => index);
    await this.#settle(entries, all, settle, options);
  }

  async #settle(
    entries: readonly PutEntry[],
    indices: readonly number[],
    settle: (index: number, outcome: PutOutcome) => void,
    options: CallOptions,
  ): Promise<void> {
    let open = indices;
    for (let fruitless = 0; ;) {
      let failed: readonly FailedEntry[];
      try {
        failed = await this.#round(entries, open, settle, options);
      } catch (error) {
        if (!(error instanceof ClientError) || !errorsOfRecords.has(error.code)) throw error;
        await this.#halve(entries, open, error, settle, options);
        return;
      }
      if (failed.length === 0) return;
      fruitless = failed.length < open.length ? 0 : fruitless + 1;
      if (fruitless >= fruitlessRoundsMax) {
        for (const { index, code, text } of failed) settle(index, { kind: 'refused', code, text });
        return;
      }
      open = failed.map(({ index }) => index);
      await this.#pause(fruitless, options.signal);
    }
  }

  async #round(
    entries: readonly PutEntry[],
    indices: readonly number[],
    settle: (index: number, outcome: PutOutcome) => void,
    options: CallOptions,
  ): Promise<readonly FailedEntry[]> {
    const Records = indices.map((index) => entries[index]!);
    const input = { StreamName: this.#streamName, Records };
    const answer = await this.#deps.client.call('PutRecords', input, options);
    if (answer.Records.length !== indices.length) {
      throw new ClientError('InvalidAnswer', 'the answer has another number of records', 200);
    }
    const failed: FailedEntry[] = [];
    answer.Records.forEach(({ ShardId, SequenceNumber, ErrorCode, ErrorMessage }, i) => {
      const index = indices[i]!;
      if (ShardId !== undefined && SequenceNumber !== undefined) {
        settle(index, { kind: 'stored', shardId: ShardId, sequenceNumber: SequenceNumber });
      } else {
        failed.push({ index, code: ErrorCode ?? 'InternalFailure', text: ErrorMessage ?? '' });
      }
    });
    return failed;
  }

  async #halve(
    entries: readonly PutEntry[],
    indices: readonly number[],
    error: ClientError,
    settle: (index: number, outcome: PutOutcome) => void,
    options: CallOptions,
  ): Promise<void> {
    if (indices.length === 1) {
      settle(indices[0]!, { kind: 'refused', code: error.code, text: error.text });
      return;
    }
    const half = indices.length >> 1;
    await this.#settle(entries, indices.slice(0, half), settle, options);
    await this.#settle(entries, indices.slice(half), settle, options);
  }

  async #pause(fruitless: number, signal: AbortSignal | undefined): Promise<void> {
    const boundMs = Math.min(backoffMsMax, backoffFirstMs * 2 ** fruitless);
    const share = 0.5 + this.#deps.random.next() / 2;
    await this.#deps.clock.sleep(Math.ceil(boundMs * share), signal);
  }
}

interface FailedEntry {
  readonly index: number;
  readonly code: string;
  readonly text: string;
}
