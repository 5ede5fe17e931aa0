/**
 * Retention: closed shards leave their stream's document once their last record has expired, and
 * the volumes are told, periodically, what they need not keep.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import { isExpired, trimHorizonMs } from '../shardmap/lineage.ts';
import type { ShardKey } from '../model/stream.ts';
import type { ControlLog } from './background-steps.ts';
import type { ControlContext } from './control-context.ts';
import type { StreamRecord } from './stream-record.ts';

/** One commit for each stream that has such shards. Open shards stay, however old. */
export async function removeExpiredShards(context: ControlContext): Promise<void> {
  const nowMs = context.clock.now();
  for (const { record } of [...context.table.all()]) {
    if (withoutExpired(record, nowMs) === null) {
      continue;
    }
    const { account, name, uid } = record.document;
    await context.changes.change(account, name, (current) => {
      const next = current?.document.uid === uid ? withoutExpired(current, nowMs) : null;
      return next === null ? null : { next: () => next };
    });
  }
}

/** Null when there is nothing to remove. */
function withoutExpired(record: StreamRecord, nowMs: number): StreamRecord | null {
  const { document } = record;
  const horizonMs = trimHorizonMs(document, nowMs);
  const shards = document.shards.filter((shard) => !isExpired(shard, horizonMs));
  return shards.length === document.shards.length
    ? null
    : { ...record, document: { ...document, shards } };
}

/** What keeps records and can drop those before an instant that depends on the shard. */
export interface RetainingStore {
  retain(horizonMs: (shard: ShardKey) => number): Promise<void>;
}

/** What retention asks of the control plane. */
export interface RetentionPolicy {
  horizonMs(shard: ShardKey): number;
  removeExpiredShards(): Promise<void>;
}

export interface RetentionDependencies {
  readonly clock: Clock;
  readonly control: RetentionPolicy;
  readonly stores: readonly RetainingStore[];
  readonly log: ControlLog;
}

/** Runs retention every `periodMs`; a run that takes longer delays the next one. */
export class RetentionDriver {
  readonly #dependencies: RetentionDependencies;
  readonly #timer: Timer;
  #running: Promise<void> | null = null;

  constructor(dependencies: RetentionDependencies, options: { readonly periodMs: number }) {
    this.#dependencies = dependencies;
    this.#timer = dependencies.clock.every(options.periodMs, () => {
      this.run().catch((error: unknown) => {
        dependencies.log.warn({ err: error }, 'retention failed');
      });
    });
  }

  /** One run now, or the one that is under way. Problems are logged; the next run tries again. */
  async run(): Promise<void> {
    this.#running ??= this.#once().finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  /** Stops, and waits for a run that is under way. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#running;
  }

  async #once(): Promise<void> {
    const { control, stores, log } = this.#dependencies;
    const steps = [
      async (): Promise<void> => control.removeExpiredShards(),
      ...stores.map((store) => async () => store.retain((shard) => control.horizonMs(shard))),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        log.warn({ err: error }, 'a step of retention failed; the next run repeats it');
      }
    }
  }
}
