/** Writes records to an output in one of three forms, and counts them. */
import type { StoredRecord } from '../client/operation-types.ts';
import type { Output } from './context.ts';
import { harmless, isoInstant } from './format.ts';

/**
 * `text`: data and a line feed, made harmless on a terminal. `raw`: data only. `json`: one object
 * per line with all fields; `Data` is base64, `Text` is there when the data is UTF-8.
 */
export type RecordForm = 'text' | 'raw' | 'json';

export interface RecordPrinterOptions {
  readonly form: RecordForm;
  readonly recordsMax: number;
}

const lineFeed = Buffer.from('\n');

export class RecordPrinter {
  readonly #output: Output;
  readonly #options: RecordPrinterOptions;
  #left: number;

  constructor(output: Output, options: RecordPrinterOptions) {
    this.#output = output;
    this.#options = options;
    this.#left = options.recordsMax;
  }

  /** No more records are wanted. */
  get isFull(): boolean {
    return this.#left <= 0;
  }

  /** Resolves when the output takes more. */
  async print(shardId: string, records: readonly StoredRecord[]): Promise<void> {
    const wanted = records.length > this.#left ? records.slice(0, this.#left) : records;
    if (wanted.length === 0) return;
    this.#left -= wanted.length;
    await this.#output.write(this.#bytesOf(shardId, wanted));
  }

  #bytesOf(shardId: string, records: readonly StoredRecord[]): string | Uint8Array {
    const { form } = this.#options;
    if (form === 'json') {
      return records.map((record) => `${JSON.stringify(jsonOf(shardId, record))}\n`).join('');
    }
    const data = records.map((record) => Buffer.from(record.Data, 'base64'));
    if (form === 'raw') return Buffer.concat(data);
    if (this.#output.isTerminal) {
      return data.map((bytes) => `${harmless(bytes.toString('utf8'))}\n`).join('');
    }
    return Buffer.concat(data.flatMap((bytes) => [bytes, lineFeed]));
  }
}

function jsonOf(shardId: string, record: StoredRecord): object {
  const { ApproximateArrivalTimestamp: arrival, ...rest } = record;
  const text = textOf(Buffer.from(record.Data, 'base64'));
  return {
    ShardId: shardId,
    ...rest,
    ...(arrival === undefined ? {} : { ApproximateArrivalTimestamp: isoInstant(arrival) }),
    ...(text === null ? {} : { Text: text }),
  };
}

function textOf(data: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}
