/**
 * A CommitLog that measures the one under it: how long commits take and how large they are.
 */
import { durationBuckets, sizeBuckets } from '../metrics/registry.ts';
import type { CounterMetric, HistogramMetric, MetricsRegistry } from '../metrics/registry.ts';
import type { Clock } from '../runtime/clock.ts';
import type {
  CommitLog,
  FrameChain,
  Position,
  VolumeId,
  VolumeWriter,
} from '../storage/commit-log.ts';
import { ForwardingLog } from '../storage/forwarding-log.ts';

export interface MeteredLogDependencies {
  readonly log: CommitLog;
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
}

export class MeteredLog extends ForwardingLog {
  readonly #clock: Clock;
  readonly #seconds: HistogramMetric;
  readonly #bytes: HistogramMetric;
  readonly #failures: CounterMetric;

  constructor({ log, clock, registry }: MeteredLogDependencies) {
    super(log);
    this.#clock = clock;
    this.#seconds = registry.histogram(
      {
        name: 'tailrace_commit_duration_seconds',
        help: 'Time to write a group commit and make it durable.',
      },
      durationBuckets,
    );
    this.#bytes = registry.histogram(
      { name: 'tailrace_commit_bytes', help: 'Size of group commits.' },
      sizeBuckets,
    );
    this.#failures = registry.counter({
      name: 'tailrace_commit_failures_total',
      help: 'Group commits that could not be made durable.',
    });
  }

  override async openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter> {
    const writer = await super.openWriter(volume, epoch);
    return new MeteredWriter(writer, (parts) => this.#append(writer, parts));
  }

  async #append(writer: VolumeWriter, parts: readonly Uint8Array[]): Promise<Position> {
    const startMs = this.#clock.monotonic();
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    try {
      const position = await writer.append(parts);
      this.#seconds.observe((this.#clock.monotonic() - startMs) / 1000);
      this.#bytes.observe(bytes);
      return position;
    } catch (error) {
      this.#failures.add(1);
      throw error;
    }
  }
}

class MeteredWriter implements VolumeWriter {
  readonly #writer: VolumeWriter;
  readonly append: (parts: readonly Uint8Array[]) => Promise<Position>;

  constructor(writer: VolumeWriter, append: (parts: readonly Uint8Array[]) => Promise<Position>) {
    this.#writer = writer;
    this.append = append;
  }

  get volume(): VolumeId {
    return this.#writer.volume;
  }

  get epoch(): number {
    return this.#writer.epoch;
  }

  get chain(): FrameChain {
    return this.#writer.chain;
  }

  get beginsUnit(): boolean {
    return this.#writer.beginsUnit;
  }

  paddedBytes(bytes: number): number {
    return this.#writer.paddedBytes(bytes);
  }

  takesBlocks(bytes: number): boolean {
    return this.#writer.takesBlocks(bytes);
  }

  get underWay(): number {
    return this.#writer.underWay;
  }

  takesAnother(bytes: number): boolean {
    return this.#writer.takesAnother(bytes);
  }

  roll(): void {
    this.#writer.roll();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}
