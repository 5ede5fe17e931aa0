/** Tells the user about records that were put: each as JSON if wanted, failures, progress, sum. */
import type { PutOutcome } from '../client/batch-put.ts';
import type { CliContext } from './context.ts';
import { bytes, counted, duration } from './format.ts';
import type { QueuedRecord } from './record-queue.ts';

/** Refused records that are told of one by one. */
const refusalsShownMax = 10;
/** A line that is rewritten may come often, one that stays should not. */
const progressTerminalMs = 500;
const progressElsewhereMs = 10_000;

export class PutReport {
  readonly #context: CliContext;
  readonly #json: boolean;
  readonly #startedMs: number;
  #shownMs: number;
  #progressShown = false;
  #stored = 0;
  #storedBytes = 0;
  #refused = 0;
  #unsettled = 0;

  constructor(context: CliContext, json: boolean) {
    this.#context = context;
    this.#json = json;
    this.#startedMs = context.clock.monotonic();
    this.#shownMs = this.#startedMs;
  }

  get refused(): number {
    return this.#refused;
  }

  /** `outcomes` has one entry per record; null where nothing is known. */
  async batch(
    records: readonly QueuedRecord[],
    outcomes: readonly (PutOutcome | null)[],
  ): Promise<void> {
    let lines = '';
    let refusals = '';
    records.forEach((record, i) => {
      const outcome = outcomes[i] ?? null;
      if (outcome === null) {
        this.#unsettled++;
        return;
      }
      if (this.#json) lines += `${JSON.stringify(jsonOf(record.line, outcome))}\n`;
      if (outcome.kind === 'stored') {
        this.#stored++;
        this.#storedBytes += record.bytes;
      } else {
        this.#refused++;
        if (this.#refused <= refusalsShownMax) {
          refusals += `line ${record.line} was not stored: ${outcome.code}: ${outcome.text}\n`;
        }
      }
    });
    if (refusals !== '') await this.#note(refusals);
    if (lines !== '') await this.#context.stdout.write(lines);
    await this.#progress();
  }

  /** The sum of it all. */
  async summary(): Promise<void> {
    const elapsedMs = this.#context.clock.monotonic() - this.#startedMs;
    const parts = [`stored ${this.#state()} in ${duration(elapsedMs)}`];
    if (this.#refused > 0) parts.push(`${counted(this.#refused, 'record')} not stored`);
    if (this.#unsettled > 0) {
      parts.push(`${counted(this.#unsettled, 'record')} perhaps not stored`);
    }
    await this.#note(`${parts.join('; ')}\n`);
  }

  #state(): string {
    return `${counted(this.#stored, 'record')} (${bytes(this.#storedBytes)})`;
  }

  async #progress(): Promise<void> {
    const { clock, stderr } = this.#context;
    const nowMs = clock.monotonic();
    const periodMs = stderr.isTerminal ? progressTerminalMs : progressElsewhereMs;
    if (nowMs - this.#shownMs < periodMs) return;
    this.#shownMs = nowMs;
    const text = `stored ${this.#state()}`;
    await stderr.write(stderr.isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.#progressShown = stderr.isTerminal;
  }

  /** Writes whole lines where the progress may stand. */
  async #note(text: string): Promise<void> {
    const clear = this.#progressShown ? '\r\x1b[K' : '';
    this.#progressShown = false;
    await this.#context.stderr.write(clear + text);
  }
}

function jsonOf(line: number, outcome: PutOutcome): object {
  return outcome.kind === 'stored'
    ? { Line: line, ShardId: outcome.shardId, SequenceNumber: outcome.sequenceNumber }
    : { Line: line, ErrorCode: outcome.code, ErrorMessage: outcome.text };
}
